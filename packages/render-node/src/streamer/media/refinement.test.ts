import { expect, it } from 'vitest';
import { mediaLimits } from './limits.js';
import { createRefinement, type Refinement } from './refinement.js';

const picture = { changed: false, bits: 100, shareBits: 10_000, intervalMs: 33 };

/** Delays after so many pictures of a still screen. */
function delaysOf(refinement: Refinement, count: number, bits: number): number[] {
  return Array.from({ length: count }, () => {
    refinement.onPicture({ ...picture, bits });
    return refinement.delayMs();
  });
}

const { refinementDelayMs, stillPictureMs } = mediaLimits;

it('encodes a screen again twice after its last change, and then repeats it now and then', () => {
  const refinement = createRefinement();
  for (let at = 0; at < mediaLimits.finePictures; at++) refinement.onPicture({ ...picture, changed: true });
  expect(refinement.delayMs()).toBe(refinementDelayMs);
  expect(delaysOf(refinement, 4, 100)).toEqual([refinementDelayMs, stillPictureMs, stillPictureMs, stillPictureMs]);
});

it('goes on at the rate of the stream while pictures take what they may have, but not for ever', () => {
  const refinement = createRefinement();
  refinement.onPicture({ ...picture, changed: true, bits: 50_000 });
  expect(delaysOf(refinement, 1, 9_000)).toEqual([refinementDelayMs]);
  expect(new Set(delaysOf(refinement, 20, 9_000))).toEqual(new Set([33]));
  // One that comes out small says little.
  expect(delaysOf(refinement, 1, 0)).toEqual([33]);
  expect(delaysOf(refinement, 1, 9_000)).toEqual([33]);
  expect(delaysOf(refinement, mediaLimits.finePictures, 0).at(-1)).toBe(stillPictureMs);
  const later = delaysOf(refinement, 300, 9_000);
  expect(later[0]).toBe(33);
  expect(later.filter((delayMs) => delayMs === 33).length).toBeLessThanOrEqual(mediaLimits.sharpeningMs / 33);
  expect(later.at(-1)).toBe(stillPictureMs);
  refinement.onPicture({ ...picture, changed: true, bits: 50_000 });
  expect(delaysOf(refinement, 3, 9_000).at(-1)).toBe(33);
});
