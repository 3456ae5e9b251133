import { AppError } from '@cloudstage/protocol';
import { AV_CHANNEL_LAYOUT_STEREO, AVERROR_EAGAIN, type AVSampleFormat } from 'node-av/constants';
import { type Codec, CodecContext, type Dictionary, FFmpegError, Frame, Packet, Rational } from 'node-av/lib';

/** Rate of all sound, samples a second. */
export const soundSampleRate = 48_000;

/** What {@link openSoundEncoder} opens. */
export interface SoundEncoderOptions {
  /** For the text of failures. */
  readonly name: string;
  /** Null: this build does not have it. */
  readonly codec: Codec | null;
  readonly sampleFormat: AVSampleFormat;
  /** Samples of one frame, for each of the two channels. */
  readonly frameSamples: number;
  readonly bitrateBps: bigint;
  readonly settings?: Dictionary;
}

/** A packet of encoded sound. */
export interface SoundPacket {
  /** The caller's own. */
  readonly data: Buffer;
  /** Of its first sample, in samples. */
  readonly timeSamples: number;
}

/** A native encoder of stereo sound at 48 kHz. Uses one frame and one packet again and again; owns native memory until {@link close}. */
export interface SoundEncoder {
  /** For the parameters of a stream. */
  readonly context: CodecContext;
  /**
   * Encodes one frame that begins at `timeSamples`. `fill` writes into its planes, as many as the sample format has. Null:
   * the encoder keeps it to itself for now. @throws AppError `encoder-failed`
   */
  encode(timeSamples: number, fill: (planes: readonly Buffer[]) => void): SoundPacket | null;
  /** Frees the native memory; idempotent. */
  close(): void;
}

function allocateFrame({ sampleFormat, frameSamples }: SoundEncoderOptions): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = sampleFormat;
  frame.sampleRate = soundSampleRate;
  frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  frame.nbSamples = frameSamples;
  return frame;
}

/** Opens an encoder. @throws AppError `encoder-failed` */
export async function openSoundEncoder(options: SoundEncoderOptions): Promise<SoundEncoder> {
  const { name, codec, sampleFormat, bitrateBps, settings = null } = options;
  const check = (code: number, what: string): void => {
    if (code >= 0) return;
    throw new AppError('encoder-failed', `${name}: ${what}: ${new FFmpegError(code).message}`);
  };
  if (codec === null) throw new AppError('encoder-failed', `this FFmpeg build has no ${name}`);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = soundSampleRate;
  context.sampleFormat = sampleFormat;
  context.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  context.timeBase = new Rational(1, soundSampleRate);
  context.bitRate = bitrateBps;
  check(await context.open2(codec, settings), 'cannot open');
  const frame = allocateFrame(options);
  check(frame.allocBuffer(), 'cannot allocate a frame');
  const packet = new Packet();
  packet.alloc();
  let isOpen = true;
  return {
    context,
    encode: (timeSamples, fill) => {
      check(frame.makeWritable(), 'cannot write a frame');
      fill(frame.data ?? []);
      frame.pts = BigInt(timeSamples);
      check(context.sendFrameSync(frame), 'refused a frame');
      const code = context.receivePacketSync(packet);
      if (code === AVERROR_EAGAIN) return null;
      check(code, 'gave no packet');
      const encoded = { data: Buffer.from(packet.data ?? []), timeSamples: Number(packet.pts) };
      packet.unref();
      return encoded;
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
