import { AppError } from '@cloudstage/protocol';
import { AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_S16, FF_ENCODER_LIBOPUS } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, Frame, Packet, Rational } from 'node-av/lib';

/** Opus at 48 kHz stereo in 10 ms frames. Encoding takes ≈ 0.1 ms, so it is synchronous. */
export interface AudioEncoder {
  /** @param samples 960 interleaved samples. @returns one Opus packet, owned by the caller. @throws AppError `encoder-failed` */
  encode(samples: Int16Array): Buffer;
  close(): void;
}

const bitrateBps = 128_000n;
const sampleRate = 48_000;
const frameSamples = 480;

const check = (code: number, what: string) => {
  if (code >= 0) return;
  throw new AppError('encoder-failed', `libopus: ${what}: ${new FFmpegError(code).message}`);
};

/** @throws AppError `encoder-failed` */
export async function createAudioEncoder(): Promise<AudioEncoder> {
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBOPUS);
  if (!codec) throw new AppError('encoder-failed', 'this FFmpeg build has no libopus');
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = sampleRate;
  context.sampleFormat = AV_SAMPLE_FMT_S16;
  context.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  context.timeBase = new Rational(1, sampleRate);
  context.bitRate = bitrateBps;
  const settings = Dictionary.fromObject({
    application: 'audio',
    frame_duration: '10',
    vbr: 'on',
    compression_level: '5',
  });
  check(await context.open2(codec, settings), 'cannot open');
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_SAMPLE_FMT_S16;
  frame.sampleRate = sampleRate;
  frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  frame.nbSamples = frameSamples;
  check(frame.allocBuffer(), 'cannot allocate a frame');
  const packet = new Packet();
  packet.alloc();
  let samplesSent = 0;
  let open = true;
  return {
    encode: (samples) => {
      check(frame.makeWritable(), 'cannot write a frame');
      const plane = frame.data?.[0];
      if (!plane) throw new AppError('encoder-failed', 'libopus: the frame has no data');
      plane.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
      frame.pts = BigInt(samplesSent);
      samplesSent += frameSamples;
      check(context.sendFrameSync(frame), 'refused a frame');
      check(context.receivePacketSync(packet), 'gave no packet');
      const data = packet.data;
      if (!data) throw new AppError('encoder-failed', 'libopus gave an empty packet');
      const copy = Buffer.from(data);
      packet.unref();
      return copy;
    },
    close: () => {
      if (!open) return;
      open = false;
      context.freeContext();
      packet.free();
      frame.free();
    },
  };
}
