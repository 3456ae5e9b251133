import { mediaLimits } from './limits.js';
import type { PictureSize } from './screen-source.js';

/** What settings and wishes ask for. */
export interface LadderWish extends PictureSize {
  readonly fps: number;
  /** Only the frame rate may change: a client shows smaller pictures smaller. */
  readonly keepsSize?: boolean;
}

/** A frame rate and a size. */
export interface Rung {
  readonly fps: number;
  /** Of the wanted size, each way. */
  readonly share: number;
}

const rateShares = [1, 2 / 3, 1 / 2, 1 / 3, 1 / 4] as const;
/** Below these shares of the wanted rate the size goes first. */
const leastSmoothShare = 1 / 2;
/** Sizes that libyuv makes by SIMD: two thirds take eight times as long as three quarters. */
const sizeShares = [3 / 4, 1 / 2, 1 / 4] as const;

/**
 * All rungs for a wish, the wish itself first. First the frame rate goes down to a half, as long as that still looks like motion: 2/3 of the rate spare as much
 * of the machine as 3/4 of the size do, and leave text sharp. Then the size, down to the least that is readable; then the frame rate again. Each rung
 * differs from the one before, in one of the two. PURE.
 */
export function rungsOf({ fps: wantedFps, width, height, keepsSize = false }: LadderWish): Rung[] {
  const least = Math.min(wantedFps, mediaLimits.ladderMinFps);
  const rates = rateShares.map((share) => ({ share, fps: Math.max(least, Math.round(wantedFps * share)) }));
  const smooth = rates.filter(
    ({ share, fps }) => share === 1 || (share >= leastSmoothShare && fps >= mediaLimits.ladderSmoothFps),
  );
  const lowest = smooth.at(-1)?.fps ?? wantedFps;
  const isReadable = (share: number) => Math.min(width, height) * share >= mediaLimits.ladderLeastLines;
  const sizes = keepsSize ? [] : sizeShares.filter(isReadable);
  const smallest = sizes.at(-1) ?? 1;
  const rungs = [
    ...smooth.map(({ fps }) => ({ fps, share: 1 })),
    ...sizes.map((share) => ({ fps: lowest, share })),
    ...rates.filter(({ fps }) => fps < lowest).map(({ fps }) => ({ fps, share: smallest })),
  ];
  return rungs.filter(({ fps, share }, at) => fps !== rungs[at - 1]?.fps || share !== rungs[at - 1]?.share);
}
