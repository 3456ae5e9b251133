import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pictureSize, unbounded } from './picture-size.js';

describe('pictureSize', () => {
  const hd = { width: 1_920, height: 1_080 };
  it.each([
    ['the screen', hd, unbounded, 1, hd],
    ['a bound of the same form', hd, { width: 1_280, height: 720 }, 1, { width: 1_280, height: 720 }],
    ['a bound that is larger', { width: 800, height: 600 }, hd, 1, { width: 800, height: 600 }],
    ['a bound in one direction', hd, { width: Number.POSITIVE_INFINITY, height: 540 }, 1, { width: 960, height: 540 }],
    ['a bound of another form', hd, { width: 640, height: 640 }, 1, { width: 640, height: 360 }],
    ['an odd bound', hd, { width: 641, height: 720 }, 1, { width: 640, height: 360 }],
    ['a share', hd, unbounded, 3 / 4, { width: 1_440, height: 810 }],
    ['a share of a bound', hd, { width: 1_280, height: 1_280 }, 1 / 2, { width: 640, height: 360 }],
    ['a turned screen', { width: 1_080, height: 1_920 }, unbounded, 1 / 2, { width: 540, height: 960 }],
    ['a long screen', { width: 4_096, height: 64 }, { width: 128, height: 128 }, 1, { width: 4_096, height: 64 }],
  ])('obeys %s', (_what, screen, bound, share, expected) => {
    expect(pictureSize(screen, bound, share)).toEqual(expected);
  });

  it('is even, within screen and bound, and of the form of the screen', () => {
    const side = fc.integer({ min: 32, max: 2_048 }).map((half) => half * 2);
    const bound = fc.option(fc.integer({ min: 128, max: 5_000 }), { nil: Number.POSITIVE_INFINITY });
    fc.assert(
      fc.property(side, side, bound, bound, fc.constantFrom(1, 3 / 4, 1 / 2), (width, height, most, highest, share) => {
        const made = pictureSize({ width, height }, { width: most, height: highest }, share);
        expect([made.width % 2, made.height % 2]).toEqual([0, 0]);
        expect(made.width).toBeLessThanOrEqual(width);
        expect(made.height).toBeLessThanOrEqual(height);
        const ratio = made.width / width;
        // One pixel more or less to be even.
        expect(Math.abs(made.height - height * ratio)).toBeLessThanOrEqual(1.001 + height / width);
        const isLeast = Math.min(width, height) * (ratio / share) <= 66;
        if (!isLeast) expect(made.width <= most && made.height <= highest).toBe(true);
      }),
    );
  });
});
