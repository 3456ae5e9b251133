import { AppError } from '@cloudstage/protocol';
import { AV_CHANNEL_LAYOUT_MONO, FF_DECODER_LIBOPUS } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Packet } from 'node-av/lib';
import { soundSampleRate } from './sound-encoder.js';

/** Opus to samples. Owns native memory until {@link close}. */
export interface VoiceDecoder {
  /** Mono samples at 48 kHz, the caller's own. @throws AppError `decoder-failed` for what is no Opus packet */
  decode(payload: Buffer): Int16Array;
  /** Frees the native memory; idempotent. */
  close(): void;
}

const check = (code: number, what: string): void => {
  if (code < 0) throw new AppError('decoder-failed', `opus: ${what}: ${new FFmpegError(code).message}`);
};

/** Opens a decoder of one voice. @throws AppError `decoder-failed` */
export function createVoiceDecoder(): VoiceDecoder {
  const codec = Codec.findDecoderByName(FF_DECODER_LIBOPUS);
  if (codec === null) throw new AppError('decoder-failed', 'this FFmpeg build has no libopus');
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = soundSampleRate;
  // Stereo packets are mixed down by the decoder.
  context.channelLayout = AV_CHANNEL_LAYOUT_MONO;
  check(context.open2Sync(codec, null), 'cannot open');
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  let isOpen = true;
  return {
    decode: (payload) => {
      packet.data = payload;
      check(context.sendPacketSync(packet), 'no packet');
      packet.unref();
      check(context.receiveFrameSync(frame), 'no samples');
      // The decoder gives 16 bits unless it is asked for another format.
      const [plane] = frame.data ?? [];
      const samples = new Int16Array(frame.nbSamples);
      if (plane) new Uint8Array(samples.buffer).set(plane.subarray(0, samples.byteLength));
      frame.unref();
      return samples;
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      context.freeContext();
      packet.free();
      frame.free();
    },
  };
}
