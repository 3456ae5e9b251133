import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile, percentilesOf } from './percentiles.js';

describe('percentiles', () => {
  it('interpolates between neighbours', () => {
    expect(percentile([10, 20, 30, 40], 0.5)).toBe(25);
    expect(percentile([10, 20, 30, 40], 0)).toBe(10);
    expect(percentile([10, 20, 30, 40], 1)).toBe(40);
    expect(percentile([7], 0.95)).toBe(7);
    expect(percentilesOf([3, 1, 2])).toEqual({ count: 3, p50: 2, p95: 2.9, p99: 2.98 });
  });

  it('has none of nothing', () => {
    expect(percentilesOf([])).toEqual({ count: 0, p50: null, p95: null, p99: null });
  });

  it('lies within the samples, grows with the fraction, and does not depend on their order', () => {
    const samples = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(samples, fraction, fraction, (values, a, b) => {
        const sorted = [...values].sort((x, y) => x - y);
        const [low, high] = [percentile(sorted, Math.min(a, b))!, percentile(sorted, Math.max(a, b))!];
        expect(low).toBeLessThanOrEqual(high + 1e-6);
        expect(low).toBeGreaterThanOrEqual(sorted[0]! - 1e-6);
        expect(high).toBeLessThanOrEqual(sorted.at(-1)! + 1e-6);
        expect(percentilesOf([...values].reverse())).toEqual(percentilesOf(values));
      }),
    );
  });

  it('does not change its argument', () => {
    const samples = [3, 1, 2];
    percentilesOf(samples);
    expect(samples).toEqual([3, 1, 2]);
  });
});
