/** Token buckets by key. */
export interface RateLimiter {
  /**
   * Takes one token of `key`; false when its bucket is empty. A bucket holds `burst` tokens, one second's worth when it is
   * not given, and at least one.
   */
  take(key: string, ratePerSecond: number, burst?: number): boolean;
  /** Whether {@link RateLimiter.take} would give one. */
  has(key: string, ratePerSecond: number, burst?: number): boolean;
}

interface Bucket {
  tokens: number;
  updatedMs: number;
}

/**
 * A bounded set of token buckets in memory. A restart forgives everybody, which is harmless at one second's worth.
 * @param options.now monotonic or wall clock, milliseconds; steps backwards add no tokens.
 */
export function createRateLimiter(options: { readonly maxKeys: number; readonly now: () => number }): RateLimiter {
  // Kept in order of use: the first key is the one that was idle longest, and so the fullest.
  const buckets = new Map<string, Bucket>();
  const fill = (bucket: Bucket | undefined, nowMs: number, ratePerSecond: number, burst: number): number => {
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.updatedMs) / 1000) * ratePerSecond);
  };
  const burstOf = (ratePerSecond: number, burst: number | undefined) => Math.max(1, burst ?? ratePerSecond);
  return {
    take(key, ratePerSecond, burst) {
      const nowMs = options.now();
      const tokens = fill(buckets.get(key), nowMs, ratePerSecond, burstOf(ratePerSecond, burst));
      buckets.delete(key);
      buckets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, updatedMs: nowMs });
      if (buckets.size > options.maxKeys) {
        const oldest = buckets.keys().next();
        if (oldest.done !== true) buckets.delete(oldest.value);
      }
      return tokens >= 1;
    },
    has: (key, ratePerSecond, burst) =>
      fill(buckets.get(key), options.now(), ratePerSecond, burstOf(ratePerSecond, burst)) >= 1,
  };
}
