/** What the bottleneck could carry when it was last full. */
export interface LinkCapacity {
  /** Throughput while the queue grew, or of a probe that was too fast. */
  observe(bitsPerSecond: number): void;
  /** Bounds within which a rate counts as near the capacity; undefined while nothing is known. */
  bounds(): { readonly lowBps: number; readonly highBps: number } | undefined;
  forget(): void;
}

/** Weight of a new observation, and bounds of the normalised variance (in kbit/s), as in the public implementation of GCC. */
const weight = 0.05;
const variance = { min: 0.4, max: 2.5, first: 0.4 } as const;
const deviations = 3;

/** @see draft-ietf-rmcat-gcc-02 §5.5 (the average of the maximum bitrate). PURE apart from its memory. */
export function createLinkCapacity(): LinkCapacity {
  let estimate: number | undefined;
  let spread: number = variance.first;
  return {
    observe: (bitsPerSecond) => {
      const kbps = bitsPerSecond / 1_000;
      estimate = estimate === undefined ? kbps : estimate * (1 - weight) + kbps * weight;
      const error = estimate - kbps;
      const next = spread * (1 - weight) + (weight * error * error) / Math.max(1, estimate);
      spread = Math.min(variance.max, Math.max(variance.min, next));
    },
    bounds: () => {
      if (estimate === undefined) return undefined;
      const widthKbps = deviations * Math.sqrt(spread * estimate);
      return { lowBps: Math.max(0, estimate - widthKbps) * 1_000, highBps: (estimate + widthKbps) * 1_000 };
    },
    forget: () => {
      estimate = undefined;
    },
  };
}
