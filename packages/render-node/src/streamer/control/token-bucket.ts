/** Rate bound of one peer. PURE but for its own state. */
export interface TokenBucket {
  /** Takes `cost` tokens at `nowMs` (monotonic milliseconds); false, and nothing taken, when there are too few. */
  take(cost: number, nowMs: number): boolean;
}

/** A full bucket of `burst` tokens that fills by `perSecond`. */
export function createTokenBucket(perSecond: number, burst: number): TokenBucket {
  let tokens = burst;
  let updatedAtMs: number | undefined;
  return {
    take(cost, nowMs) {
      const elapsedMs = Math.max(0, nowMs - (updatedAtMs ?? nowMs));
      updatedAtMs = nowMs;
      tokens = Math.min(burst, tokens + (elapsedMs * perSecond) / 1_000);
      if (cost > tokens) return false;
      tokens -= cost;
      return true;
    },
  };
}
