import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimiter } from './rate-limit.js';

describe('createRateLimiter', () => {
  it('never allows more than one burst plus the rate, and allows that much', () => {
    const step = fc.record({ waitMs: fc.integer({ min: 0, max: 400 }), takes: fc.integer({ min: 0, max: 30 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 40 }), (rate, steps) => {
        let nowMs = 5_000;
        const limiter = createRateLimiter({ maxKeys: 10, now: () => nowMs });
        let allowed = 0;
        for (const { waitMs, takes } of steps) {
          nowMs += waitMs;
          for (let index = 0; index < takes; index += 1) allowed += limiter.take('k', rate) ? 1 : 0;
        }
        expect(allowed).toBeLessThanOrEqual(rate + ((nowMs - 5_000) / 1000) * rate + 1e-6);
        nowMs += 1_000;
        const burst = Array.from({ length: rate + 1 }, () => limiter.take('k', rate));
        expect(burst).toEqual([...Array(rate).fill(true), false]);
      }),
    );
  });

  it('keeps keys apart, and gives nothing for a clock that steps back', () => {
    let nowMs = 10_000;
    const limiter = createRateLimiter({ maxKeys: 10, now: () => nowMs });
    expect([limiter.take('a', 1), limiter.take('a', 1), limiter.take('b', 1)]).toEqual([true, false, true]);
    nowMs = 1_000;
    expect(limiter.take('a', 1)).toBe(false);
    nowMs = 1_999;
    expect(limiter.take('a', 1)).toBe(false);
    nowMs = 2_000;
    expect(limiter.take('a', 1)).toBe(true);
  });

  it('forgets the least recently used key when there are too many', () => {
    const limiter = createRateLimiter({ maxKeys: 2, now: () => 0 });
    expect(['a', 'b', 'a', 'c', 'a', 'b'].map((key) => limiter.take(key, 1))).toEqual([
      true,
      true,
      false,
      true,
      false,
      // Evicted by c, because a was used after it.
      true,
    ]);
  });
});
