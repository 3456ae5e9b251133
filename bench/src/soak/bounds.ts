/** PURE: whether something grows, and what a soak allows. */

/** A value at a time. */
export type Point = readonly [seconds: number, value: number];

/** Middle of the values; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/**
 * Growth per hour by the median of all slopes between two points, which a few outliers do not move; null of fewer than three points.
 * @see Theil–Sen estimator. Points are thinned to 200, so that the pairs stay few.
 */
export function growthPerHour(points: readonly Point[]): number | null {
  const step = Math.max(1, Math.ceil(points.length / 200));
  const few = points.filter((_, index) => index % step === 0);
  if (few.length < 3) return null;
  const slopes: number[] = [];
  for (const [index, [fromSeconds, from]] of few.entries()) {
    for (const [toSeconds, to] of few.slice(index + 1)) {
      if (toSeconds > fromSeconds) slopes.push(((to - from) / (toSeconds - fromSeconds)) * 3_600);
    }
  }
  return median(slopes);
}

/** A process, or something else that is counted, over time. */
export interface Track {
  readonly name: string;
  readonly points: readonly Point[];
}

/** What a soak of any length allows. */
export const soakBounds = {
  /** Of one process from the first to the last third (medians): caches fill, heaps breathe. */
  memoryGrowthBytes: 48 * 1_024 * 1_024,
  /** Of one process beyond an hour, per hour. */
  memoryBytesPerHour: 8 * 1_024 * 1_024,
  /** Descriptors, threads, flows and shared memory segments: more at the end than at the start. */
  countGrowth: 4,
  /** Median delay of the clean phases: last third against first third. */
  delayGrowthMs: 10,
} as const;

/** One look at a bound. */
export interface Verdict {
  readonly name: string;
  readonly text: string;
  readonly ok: boolean;
}

/** Medians of the first and of the last third; null when one of them is empty. */
export function thirds(points: readonly Point[]): { readonly first: number; readonly last: number } | null {
  const [start, end] = [points[0]?.[0], points.at(-1)?.[0]];
  if (start === undefined || end === undefined) return null;
  const third = (end - start) / 3;
  const first = median(points.filter(([at]) => at <= start + third).map(([, value]) => value));
  const last = median(points.filter(([at]) => at >= end - third).map(([, value]) => value));
  return first === null || last === null ? null : { first, last };
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Looks at the memory of a process. Growth by the hour counts once there is an hour. */
export function judgeMemory({ name, points }: Track): Verdict {
  const ends = thirds(points);
  const seconds = (points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0);
  const perHour = growthPerHour(points) ?? 0;
  const growth = ends ? ends.last - ends.first : 0;
  const tooFast = seconds >= 3_600 && perHour > soakBounds.memoryBytesPerHour;
  const text = ends
    ? `${mebibytes(ends.first)} → ${mebibytes(ends.last)}, ${mebibytes(perHour)} an hour`
    : 'was there too briefly';
  return { name, text, ok: growth <= soakBounds.memoryGrowthBytes && !tooFast };
}

/** Looks at something that must not become more. */
export function judgeCount({ name, points }: Track): Verdict {
  const ends = thirds(points);
  const text = ends ? `${ends.first} → ${ends.last}` : 'was there too briefly';
  return { name, text, ok: !ends || ends.last - ends.first <= soakBounds.countGrowth };
}

/** Looks at the delay of the clean phases. */
export function judgeDelay({ name, points }: Track): Verdict {
  const ends = thirds(points);
  if (!ends) return { name, text: 'no picture came', ok: false };
  const text = `${ends.first.toFixed(1)} → ${ends.last.toFixed(1)} ms`;
  return { name, text, ok: ends.last - ends.first <= soakBounds.delayGrowthMs };
}
