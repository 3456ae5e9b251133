import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { burstLossOf, createLinkModel, type LinkOptions } from './link-model.js';

const seeds = fc.integer();
const packetBytes = 1_250;

/** Sends packets at even distances. @returns arrivals by packet. */
function sendEvenly(options: Partial<LinkOptions>, seed: number, packets: number, intervalUs: number) {
  const link = createLinkModel(options, seed);
  const arrivals = Array.from({ length: packets }, (_, index) => link.send(packetBytes, index * intervalUs));
  return { link, arrivals };
}

/** Lengths of the runs of packets without an arrival. */
function lossRuns(arrivals: readonly (readonly number[])[]): number[] {
  const runs: number[] = [];
  let length = 0;
  for (const copies of arrivals) {
    if (copies.length === 0) length++;
    else if (length > 0) {
      runs.push(length);
      length = 0;
    }
  }
  return runs;
}

describe('createLinkModel', () => {
  it('says the same for the same seed and another thing for another', () => {
    const rough = {
      loss: 0.1,
      jitterUs: 9_000,
      jitterReorders: true,
      duplicate: 0.1,
      reorder: 0.1,
      burstLoss: burstLossOf(0.1, 4),
    };
    fc.assert(
      fc.property(seeds, (seed) => {
        const { arrivals } = sendEvenly(rough, seed, 300, 1_000);
        expect(sendEvenly(rough, seed, 300, 1_000).arrivals).toEqual(arrivals);
        expect(sendEvenly(rough, seed + 1, 300, 1_000).arrivals).not.toEqual(arrivals);
      }),
      { numRuns: 20 },
    );
  });

  it('never passes on more than the bandwidth, and all of it when more is offered', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.array(fc.tuple(fc.nat(5_000), fc.integer({ min: 1, max: 1_500 })), { minLength: 50, maxLength: 300 }),
        fc.integer({ min: 100_000, max: 50_000_000 }),
        (seed, sends, bandwidthBps) => {
          const link = createLinkModel({ bandwidthBps, delayUs: 30_000 }, seed);
          let nowUs = 0;
          let bits = 0;
          let idleUs = 0;
          for (const [gapUs, bytes] of sends) {
            nowUs += gapUs;
            idleUs += Math.max(0, gapUs - link.queueDelayUs(nowUs - gapUs));
            bits += bytes * 8;
            const [arrivalUs = Number.NaN] = link.send(bytes, nowUs);
            expect(arrivalUs).toBeGreaterThanOrEqual(nowUs + 30_000 + (bytes * 8_000_000) / bandwidthBps - 1);
            expect(arrivalUs - 30_000).toBeCloseTo(idleUs + (bits * 1_000_000) / bandwidthBps, 0);
          }
        },
      ),
    );
  });

  it('drops at the tail of a queue that is bounded in time or in bytes', () => {
    // 10 Mbit/s pass one packet a millisecond; two are offered.
    const inTime = sendEvenly({ bandwidthBps: 10_000_000, queueUs: 50_000 }, 1, 2_000, 500);
    expect(inTime.link.counters.overflowed).toBeGreaterThan(900);
    inTime.arrivals.forEach((copies, index) => {
      for (const arrivalUs of copies) expect(arrivalUs - index * 500).toBeLessThanOrEqual(52_000);
    });
    const inBytes = sendEvenly({ bandwidthBps: 10_000_000, queueBytes: 20 * packetBytes }, 1, 2_000, 500);
    expect(inBytes.link.counters.overflowed).toBeGreaterThan(900);
    inBytes.arrivals.forEach((copies, index) => {
      for (const arrivalUs of copies) expect(arrivalUs - index * 500).toBeLessThanOrEqual(20_000);
    });
  });

  it('loses the share that was asked for, alone or in bursts', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.02, 0.1), (seed, loss) => {
        const single = sendEvenly({ loss }, seed, 20_000, 100);
        expect(single.link.counters.lost / 20_000).toBeGreaterThan(loss * 0.6);
        expect(single.link.counters.lost / 20_000).toBeLessThan(loss * 1.4);
        const bursts = sendEvenly({ burstLoss: burstLossOf(loss, 8) }, seed, 20_000, 100);
        expect(bursts.link.counters.lost / 20_000).toBeGreaterThan(loss * 0.2);
        expect(bursts.link.counters.lost / 20_000).toBeLessThan(loss * 2.2);
        const mean = (runs: number[]) => runs.reduce((sum, run) => sum + run, 0) / runs.length;
        expect(mean(lossRuns(single.arrivals))).toBeLessThan(1.3);
        expect(mean(lossRuns(bursts.arrivals))).toBeGreaterThan(3);
      }),
      { numRuns: 10 },
    );
  });

  it('keeps the order under jitter unless it may not, and duplicates and delays its share', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const times = (options: Partial<LinkOptions>) =>
          sendEvenly(options, seed, 2_000, 1_000).arrivals.map(([time]) => time ?? 0);
        const disorder = (list: number[]) => list.filter((time, index) => time < (list[index - 1] ?? 0)).length;
        expect(disorder(times({ jitterUs: 20_000 }))).toBe(0);
        expect(disorder(times({ jitterUs: 20_000, jitterReorders: true }))).toBeGreaterThan(400);
        const late = times({ reorder: 0.1, reorderUs: 3_500 }).filter((time, index) => time === index * 1_000 + 3_500);
        expect(late.length).toBeGreaterThan(100);
        expect(late.length).toBeLessThan(300);
        const { counters } = sendEvenly({ duplicate: 0.1 }, seed, 2_000, 1_000).link;
        expect(counters.duplicated).toBeGreaterThan(100);
        expect(counters.duplicated).toBeLessThan(300);
      }),
      { numRuns: 10 },
    );
  });

  it('changes in the middle of a run, without touching what other causes do', () => {
    const lost = (changes: Partial<LinkOptions>) => {
      const link = createLinkModel({ loss: 0.1, bandwidthBps: 20_000_000 }, 7);
      return Array.from({ length: 1_000 }, (_, index) => {
        if (index === 500) link.update(changes);
        return link.send(packetBytes, index * 1_000).length;
      });
    };
    expect(lost({ bandwidthBps: 4_000_000, jitterUs: 5_000 })).toEqual(lost({}));
    const link = createLinkModel({ bandwidthBps: 20_000_000 }, 7);
    expect(link.send(packetBytes, 0)).toEqual([500]);
    link.update({ bandwidthBps: 4_000_000, delayUs: 10_000 });
    expect(link.send(packetBytes, 1_000)).toEqual([13_500]);
    expect(link.options.bandwidthBps).toBe(4_000_000);
  });
});
