import { AppError } from '@cloudstage/protocol';
import type { Frame } from 'node-av/lib';
import { constantQuality } from './rate-control.js';

/** Numbers of libx264 of build 164 (`x264.h`, 64 bits), and how it is set up. Pure. */

/** `sizeof(x264_param_t)`, and the room given to it: a larger one must be noticed, not overflow. */
const paramBytes = 1_024;
const paramRoom = 8_192;
/** Offsets of `x264_param_t`. */
export const x264Param = {
  width: 28,
  height: 32,
  colorSpace: 36,
  bitDepth: 40,
  level: 44,
  mostInterval: 100,
  logLevel: 528,
  rateControl: 656,
  fpsNum: 920,
  timeBaseNum: 928,
  timeBaseDen: 932,
} as const;
/** What x264's defaults must be for the layout to be ours: I420, 8 bits, no level, and so on. */
const defaults = {
  ...{ width: 0, height: 0, colorSpace: 2, bitDepth: 8, level: -1, mostInterval: 250 },
  ...{ logLevel: 2, rateControl: 1, fpsNum: 25, timeBaseNum: 0, timeBaseDen: 0 },
} as const satisfies Record<keyof typeof x264Param, number>;
const untouched = 0xa5;

/** Quantizers that pictures may have; 0 would be without loss, which baseline cannot be. H.264 §7.4.3. */
export const x264Quantizers = { least: 1, most: 51 } as const;

/**
 * x264 bounds the quantizers of pictures by those that it would give to P, I and B pictures itself. These three say 21, 51 and 1: all of ours
 * pass. No picture is coded with them, but P's is in the PPS, which is the same as that of constant rate factor 21 ({@link constantQuality}): recordings
 * go on when one encoder takes over from the other.
 */
const quantizerBounds = { qp: constantQuality, ipratio: '0.03125', pbratio: '0.0992' } as const;

/** As FFmpeg's: microseconds. It appears in the SPS. */
export const secondUs = 1_000_000;

/** Fixed properties of one encoder. */
export interface X264Options {
  /** Even, pixels. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Slices encoded in parallel. */
  readonly threads: number;
}

/** An error of this encoder. */
export const x264Failed = (what: string, cause?: unknown): AppError =>
  new AppError('encoder-failed', `libx264: ${what}`, { cause });

/** A block for x264's defaults, filled with bytes that those are not. */
export const newParamBlock = (): Buffer => Buffer.alloc(paramRoom, untouched);

/** Whether a {@link newParamBlock} that x264 has written its defaults to is an `x264_param_t` as we know it. */
export function isKnownLayout(block: Buffer): boolean {
  const names = Object.keys(x264Param) as (keyof typeof x264Param)[];
  if (names.some((key) => block.readInt32LE(x264Param[key]) !== defaults[key])) return false;
  return block[paramBytes - 1] === 0 && block.subarray(paramBytes).every((byte) => byte === untouched);
}

/**
 * Level 3.1 for all that it allows (H.264 table A-1), as x264 would take a level from size and rate of pictures alone, and small ones may have
 * more bits than that level's. Larger ones get x264's choice.
 */
function levelOf({ width, height, fps }: X264Options): string | undefined {
  const columns = Math.ceil(width / 16);
  const rows = Math.ceil(height / 16);
  const fits = columns * rows <= 3_600 && columns * rows * fps <= 108_000 && Math.max(columns, rows) ** 2 <= 8 * 3_600;
  return fits ? '3.1' : undefined;
}

/** Names and values for `x264_param_parse`. */
export function x264Settings(options: X264Options): Readonly<Record<string, string>> {
  const level = levelOf(options);
  return {
    ...quantizerBounds,
    ...(level ? { level } : {}),
    fps: String(options.fps),
    threads: String(options.threads),
    'sliced-threads': '1',
    keyint: 'infinite',
    scenecut: '0',
    bframes: '0',
    'repeat-headers': '1',
    annexb: '1',
    colormatrix: 'smpte170m',
    fullrange: 'off',
    log: '-1',
  };
}

/** @throws AppError `encoder-failed` for options or a frame that x264 would refuse, or misread */
export function checkX264Options(frame: Frame, { width, height, fps, threads }: X264Options): void {
  const sizes = [width, height].every(
    (size) => Number.isInteger(size) && size >= 2 && size <= 16_384 && size % 2 === 0,
  );
  if (!sizes) throw x264Failed(`cannot encode pictures of ${width}×${height}`);
  if (frame.width !== width || frame.height !== height) throw x264Failed('the frame has another size');
  if (!Number.isInteger(fps) || fps < 1 || fps > 1_000) throw x264Failed(`cannot encode ${fps} pictures a second`);
  if (!Number.isInteger(threads) || threads < 1 || threads > 128) throw x264Failed(`cannot use ${threads} threads`);
}
