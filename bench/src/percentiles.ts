/** PURE: percentiles of measured times. */

/** Percentiles in the unit of the samples; null without samples. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/**
 * Percentile by linear interpolation between the closest ranks (the default of most tools).
 * @param sorted ascending. @param fraction from 0 to 1.
 * @returns null without samples.
 */
export function percentile(sorted: readonly number[], fraction: number): number | null {
  if (sorted.length === 0) return null;
  const rank = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? 0;
  const above = sorted[Math.ceil(rank)] ?? below;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** Mean of samples; NaN without any. */
export const mean = (samples: readonly number[]): number =>
  samples.reduce((sum, value) => sum + value, 0) / samples.length;

/** Percentiles of unsorted samples. */
export function percentilesOf(samples: readonly number[]): Percentiles {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
  };
}
