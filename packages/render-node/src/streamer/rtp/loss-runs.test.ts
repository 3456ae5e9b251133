import { describe, expect, it } from 'vitest';
import { createLossRuns } from './loss-runs.js';
import { burstLossOf, createLinkModel, type LinkOptions } from './testing/link-model.js';

/** What feedback says of packets that a path carries or loses, in messages of so many packets. */
function play(options: Partial<LinkOptions>, messagePackets: number, firstNumber = 65_000) {
  const link = createLinkModel(options, 3);
  const runs = createLossRuns();
  const arrivals = Array.from({ length: 20_000 }, (_, index) => ({
    sequenceNumber: (firstNumber + index) & 0xffff,
    arrivalUs: link.send(1_200, index * 1_000)[0] ?? null,
  }));
  for (let at = 0; at < arrivals.length; at += messagePackets) {
    runs.onArrivals(arrivals.slice(at, at + messagePackets));
    // Delivered twice.
    runs.onArrivals(arrivals.slice(at, at + messagePackets));
  }
  return runs.meanPackets;
}

describe('createLossRuns', () => {
  it('tells losses that come alone from losses that come in a row, over the borders of messages', () => {
    for (const messagePackets of [2, 3, 60]) {
      expect(play({ loss: 0.02 }, messagePackets)).toBeLessThan(1.2);
      const inRows = play({ burstLoss: burstLossOf(0.02, 5) }, messagePackets);
      expect(inRows).toBeGreaterThan(3);
      expect(inRows).toBeLessThan(7);
    }
  });

  it('takes losses to come alone until several runs say otherwise', () => {
    const runs = createLossRuns();
    expect(runs.meanPackets).toBe(1);
    const lost = [0, 1, 2, 3].map((sequenceNumber) => ({ sequenceNumber, arrivalUs: null }));
    runs.onArrivals([...lost, { sequenceNumber: 4, arrivalUs: 1 }]);
    expect(runs.meanPackets).toBeLessThan(2.1);
  });

  it('knows nothing of what lost feedback would have told, and leaves interruptions out', () => {
    const runs = createLossRuns();
    const message = (from: number, count: number, arrivalUs: number | null) =>
      Array.from({ length: count }, (_, index) => ({ sequenceNumber: from + index, arrivalUs }));
    runs.onArrivals(message(0, 10, null));
    runs.onArrivals(message(50, 10, 1));
    expect(runs.meanPackets).toBe(1);
    runs.onArrivals([...message(60, 200, null), ...message(260, 1, 1)]);
    expect(runs.meanPackets).toBe(1);
  });
});
