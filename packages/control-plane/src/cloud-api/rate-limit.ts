/** Token buckets by key. */
export interface RateLimiter {
  /** Takes one token of `key`, whose bucket holds one second's worth; false when it is empty. */
  take(key: string, ratePerSecond: number): boolean;
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
  return {
    take(key, ratePerSecond) {
      const nowMs = options.now();
      const bucket = buckets.get(key) ?? { tokens: ratePerSecond, updatedMs: nowMs };
      buckets.delete(key);
      const earned = (Math.max(0, nowMs - bucket.updatedMs) / 1000) * ratePerSecond;
      bucket.tokens = Math.min(ratePerSecond, bucket.tokens + earned);
      bucket.updatedMs = nowMs;
      buckets.set(key, bucket);
      if (buckets.size > options.maxKeys) {
        const oldest = buckets.keys().next();
        if (oldest.done !== true) buckets.delete(oldest.value);
      }
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}
