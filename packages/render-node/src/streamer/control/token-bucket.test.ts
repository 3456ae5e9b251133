import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTokenBucket } from './token-bucket.js';

it('never admits more than burst plus rate, whatever the clock does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -50, max: 200 }), fc.integer({ min: 1, max: 30 })), { maxLength: 200 }),
      (steps) => {
        const bucket = createTokenBucket(1_000, 100);
        let now = 0;
        let forward = 0;
        let admitted = 0;
        for (const [pause, cost] of steps) {
          now += pause;
          forward += Math.max(0, pause);
          if (bucket.take(cost, now)) admitted += cost;
        }
        expect(admitted).toBeLessThanOrEqual(100 + forward + 1e-6);
      },
    ),
  );
});

it('admits again after a pause, and a full burst at first', () => {
  const bucket = createTokenBucket(10, 2);
  expect([bucket.take(1, 0), bucket.take(1, 0), bucket.take(1, 0), bucket.take(1, 99), bucket.take(1, 100)]).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
});
