import { mediaLimits } from './limits.js';

/** Frames' worth of bits in the rate control's buffer: a key frame may take this many frames' share. */
const bufferFrames = 5;
/** Bounds of the buffer as time: at low frame rates it must not add seconds, at high ones a key frame must stay readable. */
const bufferSeconds = { min: 0.06, max: 0.15 } as const;

/**
 * Quality at which more bits stop being visible on a desktop, x264's constant rate factor. The rate is capped by the VBV, so that a busy picture is sent
 * at the target bitrate and a quiet one below it.
 */
export const constantQuality = '21';

/** VBV buffer in bits: how far one picture may exceed its share, which is what a bottleneck turns into delay. PURE. */
export function vbvBufferBits(bitrateBps: number, fps: number): number {
  const seconds = Math.min(bufferSeconds.max, Math.max(bufferSeconds.min, bufferFrames / fps));
  return Math.round(bitrateBps * seconds);
}

/**
 * Slices encoded in parallel: two take a quarter off the time of a 720p picture on idle cores for a tenth more work; on
 * small pictures the hand-over costs more than it gains. PURE.
 */
export function encoderThreads(width: number, height: number, cores: number): number {
  return width * height > 600_000 && cores > 1 ? 2 : 1;
}

/** Bitrate within what the encoder and the settings allow. PURE. */
export function clampBitrate(bitrateBps: number, range: { readonly min: number; readonly max: number }): number {
  const min = Math.max(mediaLimits.minBitrateBps, range.min);
  const max = Math.max(min, Math.min(mediaLimits.maxBitrateBps, range.max));
  return Math.min(max, Math.max(min, bitrateBps));
}

/** Decides which changes of the target reach the encoder. */
export interface RateFollower {
  /** @returns whether the encoder shall take this rate now */
  follow(targetBps: number, nowMs: number): boolean;
  /** The next target is taken whatever it is. */
  reset(): void;
  /** In force, 0 before the first. */
  readonly bitrateBps: number;
}

/** Small steps are not worth touching the encoder, raises come at most once a picture, and a fall is followed at once. PURE apart from its memory. */
export function createRateFollower(bounds: {
  readonly bitrateStep: number;
  readonly bitrateIntervalMs: number;
}): RateFollower {
  let bitrateBps = 0;
  let fresh = true;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    follow: (targetBps, nowMs) => {
      const small = Math.abs(targetBps - bitrateBps) < bounds.bitrateStep * bitrateBps;
      const tooSoon = targetBps > bitrateBps && nowMs - lastMs < bounds.bitrateIntervalMs;
      if (!fresh && (small || tooSoon)) return false;
      fresh = false;
      bitrateBps = targetBps;
      lastMs = nowMs;
      return true;
    },
    reset: () => {
      fresh = true;
    },
    get bitrateBps() {
      return bitrateBps;
    },
  };
}
