import fc from 'fast-check';
import { expect, it } from 'vitest';
import { medianOf, msSinceCapture } from './clock.js';

it('finds the time since capture for any moment, also across the wrap of the RTP clock', () => {
  const captured = fc.double({ min: 1.7e12, max: 2.6e12, noNaN: true });
  fc.assert(
    fc.property(captured, fc.double({ min: -1_000, max: 60_000, noNaN: true }), (capturedMs, delayMs) => {
      const rtpTimestamp = Math.round(capturedMs * 90) % 2 ** 32;
      expect(msSinceCapture(rtpTimestamp, capturedMs + delayMs)).toBeCloseTo(delayMs, 1);
    }),
  );
  expect(msSinceCapture(2 ** 32 - 450, (2 ** 32 * 7 + 450) / 90)).toBeCloseTo(10, 6);
});

it('takes the middle value', () => {
  expect(medianOf([5, 1, 3])).toBe(3);
  expect(medianOf([])).toBe(0);
});
