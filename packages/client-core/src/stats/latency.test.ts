import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientLimits } from '../limits.js';
import { addClockSample, clockOffsetMs, emptyClockEstimate } from './clock-offset.js';
import { addLatency, captureToPresentMs, percentile, summarizeLatency } from './latency.js';

const epochMs = fc.integer({ min: 1_600_000_000_000, max: 2_200_000_000_000 });
const rtpOf = (captureMs: number) => Math.round(captureMs * 90) % 2 ** 32;

describe('captureToPresentMs', () => {
  it('recovers every latency across the wrap of the RTP clock', () => {
    fc.assert(
      fc.property(epochMs, fc.integer({ min: -500, max: 9_900 }), (captureMs, latencyMs) => {
        expect(captureToPresentMs(rtpOf(captureMs), captureMs + latencyMs)).toBeCloseTo(latencyMs, 1);
      }),
    );
  });

  it('is null for clocks that are no wall clock', () => {
    expect(captureToPresentMs(rtpOf(1_700_000_000_000), 1_700_000_100_000)).toBeNull();
    expect(captureToPresentMs(12_345, 1_700_000_000_000)).toBeNull();
  });
});

describe('clock offset', () => {
  it('is exact for a symmetric path, and off by at most half the shortest round trip otherwise', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.array(fc.record({ up: fc.integer({ min: 0, max: 500 }), down: fc.integer({ min: 0, max: 500 }) }), {
          minLength: 1,
          maxLength: 20,
        }),
        (offset, paths) => {
          let estimate = emptyClockEstimate;
          let at = 1_700_000_000_000;
          for (const { up, down } of paths) {
            estimate = addClockSample(estimate, { sentMs: at, receivedMs: at + up + down, serverMs: at + up + offset });
            at += 1_000;
          }
          const shortest = Math.min(...paths.map(({ up, down }) => up + down));
          expect(Math.abs((clockOffsetMs(estimate) ?? Number.NaN) - offset)).toBeLessThanOrEqual(shortest / 2 + 1e-3);
        },
      ),
    );
  });

  it('knows nothing without samples, ignores a clock that jumped back, and forgets old samples', () => {
    expect(clockOffsetMs(emptyClockEstimate)).toBeNull();
    const jumped = addClockSample(emptyClockEstimate, { sentMs: 10, receivedMs: 5, serverMs: 100 });
    expect(clockOffsetMs(jumped)).toBeNull();
    let estimate = addClockSample(emptyClockEstimate, { sentMs: 0, receivedMs: 0, serverMs: 1_000 });
    for (let index = 0; index < clientLimits.clockSamples; index += 1) {
      estimate = addClockSample(estimate, { sentMs: 0, receivedMs: 2, serverMs: 5_001 });
    }
    expect(clockOffsetMs(estimate)).toBe(5_000);
  });
});

describe('percentiles', () => {
  it('are members of the set, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 50 }), (values) => {
        const summary = summarizeLatency(values);
        expect(values).toContain(summary?.p50);
        expect(values).toContain(summary?.p99);
        expect((summary?.p50 ?? 0) <= (summary?.p95 ?? 0) && (summary?.p95 ?? 0) <= (summary?.p99 ?? 0)).toBe(true);
      }),
    );
  });

  it('by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([percentile(values, 0.5), percentile(values, 0.95), percentile(values, 1)]).toEqual([50, 95, 100]);
    expect(summarizeLatency([])).toBeNull();
  });

  it('keep a bounded number of frames', () => {
    let latencies: readonly number[] = [];
    for (let index = 0; index < clientLimits.latencySamples + 5; index += 1) latencies = addLatency(latencies, index);
    expect(latencies).toHaveLength(clientLimits.latencySamples);
    expect(latencies.at(-1)).toBe(clientLimits.latencySamples + 4);
  });
});
