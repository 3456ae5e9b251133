import { AppError } from '@cloudstage/protocol';
import { AV_CHANNEL_LAYOUT_STEREO, AV_CODEC_ID_AAC, AV_SAMPLE_FMT_FLTP } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Packet, Rational } from 'node-av/lib';
import { publishLimits } from './limits.js';

/** One AAC frame of 1024 samples. */
export interface AacPacket {
  readonly data: Buffer;
  /** Of its first sample, 48 kHz. */
  readonly timeSamples: number;
}

/** AAC-LC, 48 kHz, stereo. Owns native memory until {@link close}. */
export interface AacEncoder {
  /** For the stream's parameters. */
  readonly context: CodecContext;
  /**
   * Takes interleaved 16 bit samples, little endian, whose first one was heard at `timeUs`, and gives the frames that are
   * full. A gap in time stays a gap; what comes too late is dropped. @throws AppError `encoder-failed`
   */
  encode(samples: Buffer, timeUs: number): AacPacket[];
  close(): void;
}

const sampleRate = 48_000;
const frameSamples = 1_024;
const bitrateBps = 160_000n;
const bytesPerSample = 4;

const check = (code: number, what: string) => {
  if (code >= 0) return;
  throw new AppError('encoder-failed', `aac: ${what}: ${new FFmpegError(code).message}`);
};

/** Cuts samples into frames and keeps their time. */
function createFramer() {
  let rest: Buffer = Buffer.alloc(0);
  /** Time of the first sample of `rest`. */
  let restTime = 0;
  let isEmpty = true;
  return (samples: Buffer, timeUs: number): { readonly data: Buffer; readonly timeSamples: number }[] => {
    const time = Math.round((timeUs * sampleRate) / 1_000_000);
    const expected = restTime + rest.length / bytesPerSample;
    if (isEmpty || time - expected > publishLimits.soundJumpSamples) {
      rest = Buffer.alloc(0);
      restTime = isEmpty ? time : Math.max(time, restTime);
      isEmpty = false;
    } else if (expected - time > publishLimits.soundJumpSamples) {
      return [];
    }
    let data = rest.length > 0 ? Buffer.concat([rest, samples]) : samples;
    const frames = [];
    while (data.length >= frameSamples * bytesPerSample) {
      frames.push({ data: data.subarray(0, frameSamples * bytesPerSample), timeSamples: restTime });
      data = data.subarray(frameSamples * bytesPerSample);
      restTime += frameSamples;
    }
    rest = Buffer.from(data);
    return frames;
  };
}

function fillPlanes(frame: Frame, samples: Buffer): void {
  const [left, right] = (frame.data ?? []).map(
    (plane) => new Float32Array(plane.buffer, plane.byteOffset, frameSamples),
  );
  if (!left || !right) throw new AppError('encoder-failed', 'aac: the frame has no planes');
  for (let index = 0; index < frameSamples; index++) {
    left[index] = samples.readInt16LE(index * bytesPerSample) / 32_768;
    right[index] = samples.readInt16LE(index * bytesPerSample + 2) / 32_768;
  }
}

/** @throws AppError `encoder-failed` */
export async function createAacEncoder(): Promise<AacEncoder> {
  const codec = Codec.findEncoder(AV_CODEC_ID_AAC);
  if (!codec) throw new AppError('encoder-failed', 'this FFmpeg build has no AAC encoder');
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = sampleRate;
  context.sampleFormat = AV_SAMPLE_FMT_FLTP;
  context.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  context.timeBase = new Rational(1, sampleRate);
  context.bitRate = bitrateBps;
  check(await context.open2(codec, null), 'cannot open');
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_SAMPLE_FMT_FLTP;
  frame.sampleRate = sampleRate;
  frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  frame.nbSamples = frameSamples;
  check(frame.allocBuffer(), 'cannot allocate a frame');
  const packet = new Packet();
  packet.alloc();
  const cut = createFramer();
  let isOpen = true;
  return {
    context,
    encode: (samples, timeUs) =>
      cut(samples, timeUs).flatMap(({ data, timeSamples }) => {
        check(frame.makeWritable(), 'cannot write a frame');
        fillPlanes(frame, data);
        frame.pts = BigInt(timeSamples);
        check(context.sendFrameSync(frame), 'refused a frame');
        // The first frame only fills the encoder.
        if (context.receivePacketSync(packet) < 0) return [];
        const encoded = { data: Buffer.from(packet.data ?? []), timeSamples: Number(packet.pts) };
        packet.unref();
        return [encoded];
      }),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      context.freeContext();
      packet.free();
      frame.free();
    },
  };
}
