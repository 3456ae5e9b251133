/** Last N samples of a duration. */
export interface Percentiles {
  add(value: number): void;
  /** The sample at `share` (0–1) of the sorted window; 0 when there is none. */
  at(share: number): number;
}

/** Creates a window of `size` samples. PURE apart from its memory. */
export function createPercentiles(size: number): Percentiles {
  const samples: number[] = [];
  let next = 0;
  return {
    add: (value) => {
      samples[next] = value;
      next = (next + 1) % size;
    },
    at: (share) => {
      if (samples.length === 0) return 0;
      const sorted = [...samples].sort((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    },
  };
}
