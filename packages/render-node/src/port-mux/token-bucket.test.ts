import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyedBuckets, createTokenBucket } from './token-bucket.js';

describe('createTokenBucket', () => {
  it('never grants more than capacity plus refill', () => {
    const steps = fc.array(fc.integer({ min: -50, max: 400 }), { maxLength: 300 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), (waits, capacity, rate) => {
        const bucket = createTokenBucket({ capacity, perSecond: rate });
        let nowMs = 1_000;
        const times = waits.map((waitMs) => {
          nowMs = Math.max(0, nowMs + waitMs);
          return nowMs;
        });
        const granted = times.filter((timeMs) => bucket.take(timeMs)).length;
        // It is full when it is asked first; what lies before that refills nothing.
        const refillMs = Math.max(0, ...times) - (times[0] ?? 0);
        expect(granted).toBeLessThanOrEqual(capacity + (refillMs * rate) / 1_000 + 1e-6);
      }),
    );
  });

  it('grants the burst at once and then one per refill', () => {
    const bucket = createTokenBucket({ capacity: 2, perSecond: 10 });
    expect([0, 0, 0, 99, 101, 102].map((nowMs) => bucket.take(nowMs))).toEqual([true, true, false, false, true, false]);
  });
});

describe('createKeyedBuckets', () => {
  it('keeps keys apart and their number bounded', () => {
    const buckets = createKeyedBuckets({ capacity: 1, perSecond: 1 }, 3);
    expect(buckets.take('a', 0)).toBe(true);
    expect(buckets.take('a', 0)).toBe(false);
    expect(buckets.take('b', 0)).toBe(true);
    for (let index = 0; index < 100; index += 1) buckets.take(`k${index}`, 0);
    expect(buckets.size).toBe(3);
  });
});
