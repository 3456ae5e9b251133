import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSocketRate } from './socket-rate.js';

const range = { minBitrateBps: 500_000, maxBitrateBps: 20_000_000, startBitrateBps: 5_000_000 };
const frameUs = 16_667;

/**
 * Pictures at 60 fps of the target rate over a pipe of `linkBps` with an unbounded queue in front, acknowledged `rttUs` after
 * they have left it. Gives the delay of the last pictures and how many were left out.
 */
function stream({
  linkBps,
  rttUs = 20_000,
  seconds = 20,
}: {
  linkBps: (us: number) => number;
  rttUs?: number;
  seconds?: number;
}) {
  const rate = createSocketRate(range);
  const acks: { readonly atUs: number; readonly total: number }[] = [];
  const delays: { readonly atUs: number; readonly delayUs: number }[] = [];
  let linkFreeUs = 0;
  let total = 0;
  let left = 0;
  for (let us = 0; us < seconds * 1e6; us += frameUs) {
    while ((acks[0]?.atUs ?? Number.POSITIVE_INFINITY) <= us) {
      const ack = acks.shift();
      if (ack) rate.onReceived(ack.total >>> 0, ack.atUs);
    }
    if (!rate.accepts) {
      left += 1;
      continue;
    }
    const bytes = Math.round((rate.targetBitrateBps / 8) * (frameUs / 1e6));
    rate.onSent(bytes, us);
    total += bytes;
    linkFreeUs = Math.max(linkFreeUs, us) + (bytes * 8 * 1e6) / linkBps(us);
    acks.push({ atUs: linkFreeUs + rttUs, total });
    delays.push({ atUs: us, delayUs: linkFreeUs + rttUs / 2 - us });
  }
  const since = (us: number) => delays.filter(({ atUs }) => atUs >= us).map(({ delayUs }) => delayUs);
  return { rate, delays, left, since };
}

describe('rate of a WebSocket', () => {
  it('uses a wide path within two seconds', () => {
    expect(stream({ linkBps: () => 50e6, seconds: 2.5 }).rate.targetBitrateBps).toBe(range.maxBitrateBps);
  });

  it('settles below a narrow path, with a queue of under a tenth of a second', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000_000, max: 15_000_000 }),
        fc.integer({ min: 1_000, max: 150_000 }),
        (bps, rttUs) => {
          const { rate, since } = stream({ linkBps: () => bps, rttUs });
          const late = since(10e6).sort((a, b) => a - b);
          const p95 = late[Math.floor(late.length * 0.95)] ?? 0;
          expect(p95 - rttUs / 2).toBeLessThan(150_000);
          expect(rate.targetBitrateBps).toBeGreaterThan(bps * 0.45);
          expect(rate.targetBitrateBps).toBeLessThan(bps * 1.3);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('leaves pictures out when the path falls, instead of sending them late', () => {
    const { left, delays, rate } = stream({ linkBps: (us) => (us > 5e6 && us < 10e6 ? 2e6 : 20e6) });
    expect(left).toBeGreaterThan(0);
    expect(Math.max(...delays.map(({ delayUs }) => delayUs))).toBeLessThan(1.3e6);
    expect(rate.targetBitrateBps).toBeGreaterThan(4e6);
  });

  it('does not take a key frame for a jam', () => {
    const rate = createSocketRate({ ...range, startBitrateBps: 1_000_000 });
    rate.onSent(60_000, 0, true);
    expect([rate.accepts, rate.drained]).toEqual([true, false]);
    rate.onSent(60_000, 1);
    expect(rate.accepts).toBe(false);
    rate.onReceived(90_000, 500_000);
    expect([rate.accepts, rate.drained]).toEqual([true, true]);
  });

  it('counts beyond 2³² and believes no impossible count', () => {
    const rate = createSocketRate(range);
    const big = 2 ** 31;
    let total = 0;
    for (let i = 0; i < 5; i += 1) {
      rate.onSent(big, i);
      total += big;
      rate.onReceived(total >>> 0, i + 1);
      expect(rate.backlogBytes).toBe(0);
    }
    rate.onReceived(7, 10);
    expect(rate.backlogBytes).toBe(0);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff_ffff })), (counts) => {
        for (const count of counts) rate.onReceived(count, 11);
        expect(rate.backlogBytes).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
