import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from './backoff.js';

it('starts at once, grows, and stays within its bound', () => {
  expect([0, 1, 2, 3, 9].map((failures) => backoffMs(failures, 50, 5_000))).toEqual([0, 50, 100, 200, 5_000]);
  fc.assert(
    fc.property(fc.nat(10_000), (failures) => {
      const pause = backoffMs(failures, 50, 5_000);
      expect(pause).toBeLessThanOrEqual(5_000);
      expect(backoffMs(failures + 1, 50, 5_000)).toBeGreaterThanOrEqual(pause);
    }),
  );
});
