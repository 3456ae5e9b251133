import { describe, expect, it } from 'vitest';
import { createLatencyAccount } from './account.js';
import { latencyLimits } from './limits.js';
import { createSourceLatency } from './source-latency.js';

describe('latency account', () => {
  it('reports the last one to two windows, and counts everything for the totals once', () => {
    const account = createLatencyAccount();
    for (let index = 0; index < 100; index++) account.record('encode', 2);
    account.addCounts({ decode: [[10, 3]] });
    account.rotate();
    for (let index = 0; index < 100; index++) account.record('encode', 8);
    expect(account.report().encode).toMatchObject({ count: 200 });
    expect(account.report().decode).toMatchObject({ count: 3 });
    account.rotate();
    expect(account.report().encode?.count).toBe(100);
    expect(account.report().encode?.p50).toBeCloseTo(8, 0);
    expect(account.report()).not.toHaveProperty('decode');
    const sum = (counts: ReturnType<typeof account.takeCounts>) =>
      counts.encode?.reduce((total, [, count]) => total + count, 0);
    expect(sum(account.takeCounts())).toBe(200);
    expect(account.takeCounts()).toEqual({});
    account.rotate();
    expect(account.report()).toEqual({});
  });
});

describe('source latency', () => {
  it('tells what is new at each interval, with what peers have measured that are gone, and nothing when nothing is', () => {
    const told: unknown[] = [];
    const source = createSourceLatency((totals) => told.push(totals));
    const grabbed = { captureMs: 1, convertMs: 0.5 };
    source.addPicture({ grabbed, encodeStartUs: 1_000, encodeEndUs: 4_000 });
    source.addPicture({ grabbed: null, encodeStartUs: 1_000, encodeEndUs: 4_000 });
    source.addTotals({ counts: { network: [[5, 2]] }, repairs: { resync: 1 } });
    const peers = () => [{ counts: { network: [[5, 1]] as const }, repairs: {} }];
    source.tick(latencyLimits.reportIntervalMs, peers);
    source.tick(latencyLimits.reportIntervalMs + 1, peers);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ counts: { network: [[5, 3]] }, repairs: { resync: 1 } });
    const counts = (told[0] as { counts: Record<string, [number, number][]> }).counts;
    expect([counts.capture?.[0]?.[1], counts.convert?.[0]?.[1], counts.encode?.[0]?.[1]]).toEqual([1, 1, 2]);
    expect(source.report().encode?.p50).toBeCloseTo(3, 0);
    source.flush();
    expect(told).toHaveLength(1);
  });
});
