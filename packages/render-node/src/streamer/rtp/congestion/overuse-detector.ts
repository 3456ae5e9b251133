/** What the delay says of the bottleneck: its queue drains, stays, or grows. */
export type PathUse = 'under' | 'normal' | 'over';

/** Turns the slope of the delay into a verdict, with a threshold that adapts. */
export interface OveruseDetector {
  /** @param slope milliseconds per millisecond, of `deltas` compared bursts; `nowMs` of the receiver's clock */
  update(slope: number, deltas: number, nowMs: number): PathUse;
  readonly use: PathUse;
}

const tuning = {
  /** The slope counts for more with more bursts behind it, up to this many. */
  fullBursts: 60,
  gain: 4,
  firstThresholdMs: 12.5,
  thresholdMs: { min: 6, max: 600 },
  /** The threshold rises faster than it falls, so that a flow that fills the queue (TCP) does not starve this one. */
  rise: 0.0087,
  fall: 0.039,
  /** A trend this far above the threshold is a step of the path, not a reason to adapt to it. */
  stepMs: 15,
  /** Time for which the delay must grow before that counts. */
  overuseMs: 10,
  /** Longest step of the adaptation: after a gap the threshold must not jump. */
  longestStepMs: 100,
} as const;

/** @see draft-ietf-rmcat-gcc-02 §5.4. PURE apart from its memory. */
export function createOveruseDetector(): OveruseDetector {
  let thresholdMs: number = tuning.firstThresholdMs;
  let lastMs: number | undefined;
  let overMs = 0;
  let overCount = 0;
  let lastTrendMs = 0;
  let use: PathUse = 'normal';
  const adapt = (trendMs: number, elapsedMs: number) => {
    const distanceMs = Math.abs(trendMs) - thresholdMs;
    if (distanceMs > tuning.stepMs) return;
    const speed = distanceMs < 0 ? tuning.fall : tuning.rise;
    const next = thresholdMs + speed * distanceMs * Math.min(elapsedMs, tuning.longestStepMs);
    thresholdMs = Math.min(tuning.thresholdMs.max, Math.max(tuning.thresholdMs.min, next));
  };
  return {
    update: (slope, deltas, nowMs) => {
      const elapsedMs = Math.max(0, nowMs - (lastMs ?? nowMs));
      lastMs = nowMs;
      const trendMs = Math.min(deltas, tuning.fullBursts) * slope * tuning.gain;
      if (trendMs > thresholdMs) {
        overMs += overCount === 0 ? elapsedMs / 2 : elapsedMs;
        overCount++;
        if (overMs > tuning.overuseMs && overCount > 1 && trendMs >= lastTrendMs) use = 'over';
      } else {
        overMs = 0;
        overCount = 0;
        use = trendMs < -thresholdMs ? 'under' : 'normal';
      }
      lastTrendMs = trendMs;
      adapt(trendMs, elapsedMs);
      return use;
    },
    get use() {
      return use;
    },
  };
}
