/** Bounds a rate: `take(cost)` is false when the budget of the last second is used up. PURE apart from its memory. */
export interface TokenBucket {
  take(cost: number, nowMs: number): boolean;
}

/** A bucket that holds one second's worth and refills continuously. */
export function createTokenBucket(perSecond: number): TokenBucket {
  let tokens = perSecond;
  let lastMs: number | undefined;
  return {
    take: (cost, nowMs) => {
      tokens = Math.min(perSecond, tokens + ((nowMs - (lastMs ?? nowMs)) / 1_000) * perSecond);
      lastMs = nowMs;
      if (tokens < cost) return false;
      tokens -= cost;
      return true;
    },
  };
}
