import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateClock, isTooFar } from './vp8-clock.js';

const nominalBps = 4_000_000;
const intervalUs = 20_000;

/** Encoder time that a second picture gets, `gapUs` after the first. */
function gained(gapUs: number, bitrateBps: number): number {
  const clock = createRateClock(nominalBps, 50);
  const begin = clock.next(1_000_000, bitrateBps);
  return clock.next(1_000_000 + gapUs, bitrateBps) - begin;
}

describe('createRateClock', () => {
  it.each([
    ['the rate that the encoder was opened with', intervalUs, 4_000_000, intervalUs],
    ['half of it', intervalUs, 2_000_000, intervalUs / 2],
    ['twice as much', intervalUs, 8_000_000, intervalUs * 2],
    ['a picture that was left out', 2 * intervalUs, 4_000_000, 2 * intervalUs],
    ['a still screen', 60_000_000, 4_000_000, 3 * intervalUs],
    ['the same moment again', 0, 4_000_000, 1],
    ['a clock that went back', -5_000_000, 4_000_000, 1],
  ])('%s', (_what, gapUs, bitrateBps, encoderUs) => {
    expect(gained(gapUs, bitrateBps)).toBe(encoderUs);
  });

  it('always goes on, and by what the rates of the pictures ask for', () => {
    const picture = fc.record({
      gapUs: fc.integer({ min: -1_000, max: 500_000 }),
      bps: fc.integer({ min: 100_000, max: 50_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(picture, { minLength: 2, maxLength: 40 }), (pictures) => {
        const clock = createRateClock(nominalBps, 50);
        let at = 0;
        let last = -1;
        for (const { gapUs, bps } of pictures) {
          at += gapUs;
          const time = clock.next(at, bps);
          expect(time).toBeGreaterThan(last);
          expect(time - last).toBeLessThanOrEqual(Math.max(2, Math.ceil((3 * intervalUs * bps) / nominalBps) + 1));
          last = time;
        }
      }),
    );
  });
});

it('asks for a new encoder beyond a factor of four', () => {
  expect([16, 15, 4, 1, 0.9].map((mbps) => isTooFar(nominalBps, mbps * 1_000_000))).toEqual([
    false,
    false,
    false,
    false,
    true,
  ]);
  expect(isTooFar(nominalBps, 16_100_000)).toBe(true);
});
