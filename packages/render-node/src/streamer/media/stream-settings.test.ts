import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mediaLimits } from './limits.js';
import { unbounded } from './picture-size.js';
import { checkResolution, effectiveSettings, parseResolution } from './stream-settings.js';

const project = {
  width: 1_280,
  height: 720,
  fps: 60,
  minBitrateBps: 1_000_000,
  maxBitrateBps: 8_000_000,
  disabledVideoCodecs: [],
  publishKeyFrameIntervalMs: 2000,
  publishIncludesMicrophone: false,
};

describe('effectiveSettings', () => {
  it('is the project without a wish', () => {
    const plain = { fps: 60, bound: unbounded, minBitrateBps: 1_000_000, maxBitrateBps: 8_000_000 };
    expect(effectiveSettings(project, null)).toEqual(plain);
    expect(effectiveSettings(project, {})).toEqual(plain);
    expect(effectiveSettings(project, { fps: null, max_bitrate: null, unit: null })).toEqual(plain);
  });

  it.each([
    [
      { fps: 30, max_bitrate: 5 },
      { fps: 30, minBitrateBps: 1_000_000, maxBitrateBps: 5_000_000 },
    ],
    [
      { max_bitrate: 2_500, min_bitrate: 1_500, unit: 'Kbps' },
      { fps: 60, minBitrateBps: 1_500_000, maxBitrateBps: 2_500_000 },
    ],
    [
      { max_bitrate: 2_500, unit: 'KBPS' },
      { fps: 60, minBitrateBps: 1_000_000, maxBitrateBps: 2_500_000 },
    ],
    [
      { fps: 144, max_bitrate: 50 },
      { fps: 60, minBitrateBps: 1_000_000, maxBitrateBps: 8_000_000 },
    ],
    [
      { video_width: 640, video_height: 2.5 },
      { fps: 60, minBitrateBps: 1_000_000, maxBitrateBps: 8_000_000, bound: { width: 640, height: 128 } },
    ],
    [
      { min_bitrate: 6, max_bitrate: 3 },
      { fps: 60, minBitrateBps: 3_000_000, maxBitrateBps: 3_000_000 },
    ],
  ])('narrows by %j', (wish, expected) => {
    expect(effectiveSettings(project, wish)).toEqual({ bound: unbounded, ...expected });
  });

  it('never leaves the project, whatever is wished', () => {
    const number = fc.option(fc.oneof(fc.double(), fc.integer()));
    fc.assert(
      fc.property(number, number, number, fc.option(fc.string()), (fps, max_bitrate, min_bitrate, unit) => {
        const result = effectiveSettings(project, { fps, max_bitrate, min_bitrate, unit });
        expect(result.fps).toBeGreaterThanOrEqual(1);
        expect(result.fps).toBeLessThanOrEqual(60);
        expect(Number.isInteger(result.fps)).toBe(true);
        expect(result.maxBitrateBps).toBeGreaterThanOrEqual(1_000_000);
        expect(result.maxBitrateBps).toBeLessThanOrEqual(8_000_000);
        expect(result.minBitrateBps).toBeLessThanOrEqual(result.maxBitrateBps);
      }),
    );
  });
});

describe('parseResolution', () => {
  it.each([
    ['1920x1080', { width: 1_920, height: 1_080 }],
    ['1281X721', { width: 1_280, height: 720 }],
    [' 800x600 ', { width: 800, height: 600 }],
    ['20x20', null],
    ['99999x1000', null],
    ['1920x', null],
    ['axb', null],
    ['', null],
    [null, null],
    [undefined, null],
  ])('%j', (text, expected) => {
    expect(parseResolution(text)).toEqual(expected);
  });

  it('accepts exactly the bounds', () => {
    expect(checkResolution(mediaLimits.minSidePixels, mediaLimits.maxSidePixels)).not.toBeNull();
    expect(checkResolution(mediaLimits.minSidePixels - 1, 720)).toBeNull();
    expect(checkResolution(Number.NaN, 720)).toBeNull();
    expect(checkResolution(Number.POSITIVE_INFINITY, 720)).toBeNull();
  });
});
