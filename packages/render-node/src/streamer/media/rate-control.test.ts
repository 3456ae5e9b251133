import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateFollower } from './rate-control.js';

const bounds = { bitrateStep: 0.03, bitrateIntervalMs: 16 };

describe('createRateFollower', () => {
  it('follows a fall at once, and a raise with the next picture', () => {
    const rate = createRateFollower(bounds);
    expect(rate.follow(5e6, 0)).toBe(true);
    expect(rate.follow(4e6, 1)).toBe(true);
    expect(rate.follow(5e6, 2)).toBe(false);
    expect(rate.follow(5e6, 17)).toBe(true);
    expect(rate.bitrateBps).toBe(5e6);
  });

  it('leaves small steps out, unless it was reset', () => {
    const rate = createRateFollower(bounds);
    rate.follow(5e6, 0);
    expect(rate.follow(5.1e6, 1_000)).toBe(false);
    rate.reset();
    expect(rate.follow(5e6, 1_000)).toBe(true);
  });

  it('is never further from a target that stays than a small step', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1e5, max: 1e8 }), { minLength: 1, maxLength: 50 }), (targets) => {
        const rate = createRateFollower(bounds);
        targets.forEach((target, index) => {
          rate.follow(target, index * 3);
        });
        const last = targets.at(-1) ?? 0;
        rate.follow(last, 1_000);
        expect(Math.abs(last - rate.bitrateBps)).toBeLessThanOrEqual(0.03 * rate.bitrateBps);
      }),
    );
  });
});
