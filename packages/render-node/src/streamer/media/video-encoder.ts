import { AppError } from '@cloudstage/protocol';
import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AV_PKT_FLAG_KEY,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  FF_ENCODER_LIBX264,
  type FFVideoEncoder,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, Frame, Packet, Rational } from 'node-av/lib';
import type { VideoCodec } from '../video-codec.js';
import { constantQuality, vbvBufferBits } from './rate-control.js';
import type { PictureSize } from './screen-source.js';

/** Fixed properties of one encoder; a change of any needs a new one. */
export interface VideoEncoderOptions {
  /** Even. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateBps: number;
  /** Slices encoded in parallel. */
  readonly threads: number;
}

/** One encoded picture. */
export interface EncodedPicture {
  readonly codec: VideoCodec;
  /** Owned by the receiver. H.264: an Annex-B access unit, which starts with SPS and PPS when `keyFrame`. VP8: a frame of RFC 6386. AV1: a temporal unit with sizes, with a sequence header when `keyFrame`. */
  readonly data: Buffer;
  readonly keyFrame: boolean;
  /** Wall clock of the capture, microseconds. */
  readonly captureTimeUs: number;
  readonly width: number;
  readonly height: number;
  /** So coarse that it shows; not told by every encoder. */
  readonly isCoarse?: boolean;
}

/** An encoder without reordering or lookahead: one picture in, one picture out. */
export interface VideoEncoder {
  /** I420 input, to be filled before {@link encode}; must not be written while a call is in progress. */
  readonly frame: Frame;
  readonly options: VideoEncoderOptions;
  /** One call at a time. @throws AppError `encoder-failed` */
  encode(captureTimeUs: number, forceKeyFrame: boolean): Promise<EncodedPicture>;
  /** New target of the running encoder, from the next picture on. */
  setBitrate(bitrateBps: number): void;
  close(): void;
}

/** @throws AppError `encoder-failed` for a negative result of FFmpeg */
export function checkEncoder(encoder: string, code: number, what: string): void {
  if (code >= 0) return;
  throw new AppError('encoder-failed', `${encoder}: ${what}: ${new FFmpegError(code).message}`);
}

/** Pictures between periodic key frames: none, they come on demand. */
const endlessGop = 1_000_000;

/** A context of FFmpeg with what all our encoders have in common, not opened yet. @throws AppError `encoder-failed` when this build has no such encoder */
export function newContext(
  name: FFVideoEncoder,
  options: VideoEncoderOptions,
): { context: CodecContext; codec: Codec } {
  const codec = Codec.findEncoderByName(name);
  if (!codec) throw new AppError('encoder-failed', `this FFmpeg build has no ${name}`);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = options.width;
  context.height = options.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, 1_000_000);
  context.framerate = new Rational(options.fps, 1);
  context.gopSize = endlessGop;
  context.maxBFrames = 0;
  context.threadCount = options.threads;
  context.colorRange = AVCOL_RANGE_MPEG;
  context.colorSpace = AVCOL_SPC_SMPTE170M;
  return { context, codec };
}

/** Bounds the rate by a VBV, of an encoder that is not open yet or runs. */
export function applyRateBound(context: CodecContext, bitrateBps: number, fps: number): void {
  context.rcMaxRate = BigInt(Math.round(bitrateBps));
  context.rcBufferSize = vbvBufferBits(bitrateBps, fps);
}

/** An I420 frame of the encoder's size; with `shared`, another view of that frame's pixels. @throws AppError `encoder-failed` */
export function createInputFrame(encoder: string, { width, height }: PictureSize, shared?: Frame): Frame {
  const frame = new Frame();
  frame.alloc();
  if (shared) {
    checkEncoder(encoder, frame.ref(shared), 'cannot share a frame');
    return frame;
  }
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = width;
  frame.height = height;
  checkEncoder(encoder, frame.allocBuffer(), 'cannot allocate a frame');
  return frame;
}

/** Turns the I420 frame into what an encoder takes. `close` releases native state, after the encoder. */
export interface EncoderInput {
  /** @returns a frame of its own, valid until the next call. Rejects with AppError `encoder-failed`. */
  take(source: Frame): Promise<Frame>;
  close(): void;
}

/** How an encoder of FFmpeg makes our kind of H.264. */
export interface H264Recipe {
  readonly name: FFVideoEncoder;
  readonly settings: Readonly<Record<string, string>>;
  /** For an encoder that takes other pictures than I420; tells the context, which is not open yet. @throws AppError `encoder-failed` */
  readonly openInput?: (options: VideoEncoderOptions, context: CodecContext) => EncoderInput;
  /** A new rate takes a new encoder. */
  readonly fixedRate?: true;
  /** Sets the rate before it is opened and, unless {@link fixedRate}, while it runs. */
  applyBitrate(context: CodecContext, bitrateBps: number, fps: number): void;
}

/**
 * libx264: `ultrafast`, `zerolatency`. The level is chosen by x264 from size, rate and buffer; SPS and PPS precede every IDR, and the SPS
 * says that no picture is reordered, so that decoders output at once.
 */
export const x264Recipe: H264Recipe = {
  name: FF_ENCODER_LIBX264,
  settings: {
    preset: 'ultrafast',
    tune: 'zerolatency',
    profile: 'baseline',
    'forced-idr': '1',
    crf: constantQuality,
    'x264-params': 'scenecut=0:sliced-threads=1:repeat-headers=1:annexb=1:keyint=infinite',
  },
  applyBitrate: applyRateBound,
};

/** Opens the context with its input and frame. What has been made is released when a part fails. @throws AppError `encoder-failed` */
async function openParts(
  recipe: H264Recipe,
  options: VideoEncoderOptions,
  { context, codec }: ReturnType<typeof newContext>,
  shared: Frame | undefined,
): Promise<{ readonly input: EncoderInput | undefined; readonly frame: Frame }> {
  let input: EncoderInput | undefined;
  try {
    input = recipe.openInput?.(options, context);
    recipe.applyBitrate(context, options.bitrateBps, options.fps);
    const opened = await context.open2(codec, Dictionary.fromObject({ ...recipe.settings }));
    checkEncoder(recipe.name, opened, 'cannot open');
    return { input, frame: createInputFrame(recipe.name, options, shared) };
  } catch (error) {
    context.freeContext();
    input?.close();
    throw error;
  }
}

/**
 * Opens an encoder for H.264, libx264 unless another recipe is given.
 * @param shared frame of another encoder of the same size: both encode its pixels
 * @throws AppError `encoder-failed`
 */
export async function createVideoEncoder(
  options: VideoEncoderOptions,
  shared?: Frame,
  recipe: H264Recipe = x264Recipe,
): Promise<VideoEncoder> {
  const { name } = recipe;
  const check = (code: number, what: string) => checkEncoder(name, code, what);
  const { context, codec } = newContext(name, options);
  const { input, frame } = await openParts(recipe, options, { context, codec }, shared);
  const packet = new Packet();
  packet.alloc();
  let startUs: number | undefined;
  let lastPts = -1;
  let open = true;
  return {
    frame,
    options,
    encode: async (captureTimeUs, forceKeyFrame) => {
      startUs ??= captureTimeUs;
      lastPts = Math.max(lastPts + 1, captureTimeUs - startUs);
      const taken = input ? await input.take(frame) : frame;
      taken.pts = BigInt(lastPts);
      taken.pictType = forceKeyFrame ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      check(await context.sendFrame(taken), 'refused a picture');
      check(context.receivePacketSync(packet), 'gave no picture');
      const data = packet.data;
      if (!data) throw new AppError('encoder-failed', `${name} gave an empty picture`);
      const picture = {
        codec: 'H264' as const,
        data: Buffer.from(data),
        keyFrame: (packet.flags & AV_PKT_FLAG_KEY) !== 0,
        captureTimeUs,
        width: options.width,
        height: options.height,
      };
      packet.unref();
      return picture;
    },
    setBitrate: (bitrateBps) => recipe.applyBitrate(context, bitrateBps, options.fps),
    close: () => {
      if (!open) return;
      open = false;
      context.freeContext();
      input?.close();
      packet.free();
      frame.free();
    },
  };
}
