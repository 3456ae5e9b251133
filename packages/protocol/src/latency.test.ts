import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clientLatencyLegs,
  createLatencyHistogram,
  latencyBucket,
  latencyBucketEndMs,
  latencyBuckets,
  readLatencyCounts,
  readLatencyReport,
} from './latency.js';

const duration = () => fc.double({ min: 0.06, max: 8_000, noNaN: true });

describe('latency histogram', () => {
  it('puts every duration into the bucket whose bounds enclose it', () => {
    fc.assert(
      fc.property(duration(), (ms) => {
        const bucket = latencyBucket(ms);
        expect(ms).toBeLessThanOrEqual(latencyBucketEndMs(bucket) * 1.000_001);
        expect(ms).toBeGreaterThan(latencyBucketEndMs(bucket - 1) * 0.999_999);
      }),
    );
    expect([-1, 0, 0.05, 0.051, 1e9].map(latencyBucket)).toEqual([0, 0, 0, 1, latencyBuckets - 1]);
    expect(latencyBucketEndMs(latencyBuckets - 1)).toBeGreaterThan(8_000);
  });

  it('gives the nearest-rank percentiles of what was recorded, within 5 %', () => {
    fc.assert(
      fc.property(fc.array(duration(), { minLength: 1, maxLength: 300 }), (values) => {
        const histogram = createLatencyHistogram();
        for (const value of values) histogram.record(value);
        const sorted = [...values].sort((a, b) => a - b);
        const found = histogram.percentiles();
        for (const [share, ms] of [
          [0.5, found?.p50 ?? 0],
          [0.95, found?.p95 ?? 0],
          [0.99, found?.p99 ?? 0],
        ] as const) {
          const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
          // Shown with two digits behind the point, from 10 ms on with one.
          const rounding = ms < 9.99 ? 0.006 : 0.051;
          expect(Math.abs(ms - exact)).toBeLessThanOrEqual(exact * 0.05 + rounding);
        }
        expect(found?.count).toBe(values.length);
      }),
    );
  });

  it('adds up, whether by counts or as a whole, and forgets', () => {
    fc.assert(
      fc.property(fc.array(duration()), fc.array(duration()), (first, second) => {
        const [a, b, all] = [createLatencyHistogram(), createLatencyHistogram(), createLatencyHistogram()];
        for (const value of first) a.record(value);
        for (const value of second) b.record(value);
        for (const value of [...first, ...second]) all.record(value);
        a.addCounts(b.counts());
        expect(a.counts()).toEqual(all.counts());
        const whole = createLatencyHistogram();
        whole.addAll(a);
        expect(whole.percentiles()).toEqual(all.percentiles());
        whole.clear();
        expect([whole.count, whole.percentiles()]).toEqual([0, null]);
      }),
    );
  });

  it('ignores what is not a number', () => {
    const histogram = createLatencyHistogram();
    histogram.record(Number.NaN);
    expect(histogram.count).toBe(0);
  });
});

describe('reading what others say', () => {
  it('keeps counts of the asked legs that a second can have, whatever comes', () => {
    const counts = readLatencyCounts(
      {
        decode: [
          [3, 2],
          [4, 1e9],
          [5, 1],
        ],
        present: 'x',
        receive: [[-1, 2], [200, 1], [1.5, 1], null],
        encode: [[1, 1]],
      },
      clientLatencyLegs,
    );
    expect(counts).toEqual({
      decode: [
        [3, 2],
        [4, 998],
      ],
    });
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const pairs of Object.values(readLatencyCounts(value, clientLatencyLegs))) {
          expect(pairs.reduce((sum, [, count]) => sum + count, 0)).toBeLessThanOrEqual(1_000);
        }
      }),
    );
  });

  it('reads a report back, and nothing out of anything else', () => {
    const entry = { p50: 1, p95: 2, p99: 3, count: 4 };
    expect(readLatencyReport({ encode: entry, decode: { p50: '1' }, other: entry })).toEqual({ encode: entry });
    fc.assert(fc.property(fc.anything(), (value) => void readLatencyReport(value)));
  });
});
