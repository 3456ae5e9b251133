import { mediaLimits } from './limits.js';
import type { PictureSize } from './screen-source.js';

/** Most pixels each way of the pictures that are sent; `Infinity` for no bound. */
export interface PictureBound {
  readonly width: number;
  readonly height: number;
}

/** No bound: pictures may have the size of the screen. */
export const unbounded: PictureBound = { width: Number.POSITIVE_INFINITY, height: Number.POSITIVE_INFINITY };

/** Pictures of the screen's size. */
export const fullSize = { bound: unbounded, share: 1 } as const;

const even = (side: number, most: number) => Math.max(2, Math.min(Math.round(side / 2) * 2, Math.floor(most / 2) * 2));

/**
 * Size of the pictures of a screen: the whole screen, as large as the bound allows, times `share` each way. Even; the ratio of the sides is the screen's but
 * for that. Never larger than the screen, nor with a side below `minSidePixels` because of a bound. PURE.
 */
export function pictureSize(screen: PictureSize, bound: PictureBound, share = 1): PictureSize {
  const { width, height } = screen;
  const least = mediaLimits.minSidePixels / Math.min(width, height);
  const fit = Math.min(1, Math.max(least, Math.min(bound.width / width, bound.height / height)));
  const side = (length: number, most: number) => even(length * fit * share, fit === least ? length : most);
  return { width: side(width, bound.width), height: side(height, bound.height) };
}
