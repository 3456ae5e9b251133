import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenBucket } from './token-bucket.js';

describe('createTokenBucket', () => {
  it('lets a burst of one second through and then the rate', () => {
    const bucket = createTokenBucket(10);
    expect(Array.from({ length: 12 }, () => bucket.take(1, 0)).filter(Boolean)).toHaveLength(10);
    expect(bucket.take(1, 99)).toBe(false);
    expect(bucket.take(1, 100)).toBe(true);
    expect(bucket.take(1, 100)).toBe(false);
  });

  it('never lets more than two seconds worth through in any second', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 30 })), { maxLength: 200 }), (steps) => {
        const bucket = createTokenBucket(100);
        let nowMs = 0;
        const taken: { atMs: number; cost: number }[] = [];
        for (const [gapMs, cost] of steps) {
          nowMs += gapMs;
          if (bucket.take(cost, nowMs)) taken.push({ atMs: nowMs, cost });
        }
        for (const { atMs } of taken) {
          const sum = taken.filter((entry) => entry.atMs >= atMs && entry.atMs < atMs + 1_000);
          expect(sum.reduce((total, { cost }) => total + cost, 0)).toBeLessThanOrEqual(200);
        }
      }),
    );
  });
});
