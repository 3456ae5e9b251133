import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOneWayDelay } from './one-way-delay.js';

/** Sends packets whose ways take `waysMs`, 10 ms apart, over clocks that are `offsetUs` apart. */
function measure(waysMs: readonly number[], rttMs: number | undefined, offsetUs: number): number[] {
  const delays = createOneWayDelay();
  const found: number[] = [];
  if (rttMs !== undefined) delays.onRoundTrip(rttMs, 0);
  for (const [index, wayMs] of waysMs.entries()) {
    const sequenceNumber = (65_500 + index) & 0xffff;
    const sentUs = index * 10_000;
    delays.onSent(sequenceNumber, sentUs);
    const arrivals = [{ sequenceNumber, arrivalUs: sentUs + wayMs * 1_000 + offsetUs }];
    delays.onArrivals(arrivals, sentUs, (ms) => void found.push(ms));
    delays.onArrivals(arrivals, sentUs, () => expect.unreachable('reported twice'));
  }
  return found;
}

describe('one-way delay', () => {
  it('is right for any offset of the clocks when the fastest packet takes half of the round trip', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 20, max: 300 }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: -1e9, max: 1e9 }),
        (ways, offsetUs) => {
          const found = measure([20, ...ways], 40, offsetUs);
          for (const [index, ms] of found.slice(1).entries()) expect(ms).toBeCloseTo(ways[index] ?? 0, 3);
        },
      ),
    );
  });

  it('is unknown without a round trip, for lost packets and for those nobody sent', () => {
    expect(measure([20, 30], undefined, 0)).toEqual([]);
    const delays = createOneWayDelay();
    delays.onRoundTrip(10, 0);
    delays.onSent(1, 0);
    const arrivals = [
      { sequenceNumber: 1, arrivalUs: null },
      { sequenceNumber: 9_999, arrivalUs: 5 },
    ];
    delays.onArrivals(arrivals, 0, () => expect.unreachable());
  });

  it('forgets a fastest packet of long ago, so that drifting clocks do not add up', () => {
    const delays = createOneWayDelay();
    delays.onRoundTrip(10, 0);
    let last = Number.NaN;
    for (let second = 0; second < 600; second++) {
      const sentUs = second * 1_000_000;
      delays.onSent(second, sentUs);
      // A hundred parts per million: 60 ms in ten minutes.
      const arrivals = [{ sequenceNumber: second, arrivalUs: sentUs * 1.0001 }];
      delays.onArrivals(arrivals, sentUs, (ms) => {
        last = ms;
      });
    }
    expect(last).toBeLessThan(8);
  });
});
