/** PURE: allowances that refill with time; the caller passes the time in milliseconds. */

/** Size of an allowance and how fast it comes back. */
export interface BucketOptions {
  readonly capacity: number;
  readonly perSecond: number;
}

/** One allowance. */
export interface TokenBucket {
  /** Takes one token; false when there is none. Time must not run backwards (then nothing is refilled). */
  take(nowMs: number): boolean;
}

/** Creates a full bucket. */
export function createTokenBucket(options: BucketOptions): TokenBucket {
  let tokens = options.capacity;
  let refilledAtMs = Number.NEGATIVE_INFINITY;
  return {
    take: (nowMs) => {
      if (refilledAtMs === Number.NEGATIVE_INFINITY) refilledAtMs = nowMs;
      const elapsedMs = Math.max(0, nowMs - refilledAtMs);
      tokens = Math.min(options.capacity, tokens + (elapsedMs * options.perSecond) / 1000);
      refilledAtMs = Math.max(refilledAtMs, nowMs);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** One allowance per key, for a bounded number of keys. */
export interface KeyedBuckets {
  take(key: string, nowMs: number): boolean;
  readonly size: number;
}

/** Creates buckets on demand; when `maxKeys` are known, the least recently used one is forgotten. */
export function createKeyedBuckets(options: BucketOptions, maxKeys: number): KeyedBuckets {
  const buckets = new Map<string, TokenBucket>();
  return {
    take: (key, nowMs) => {
      const bucket = buckets.get(key) ?? createTokenBucket(options);
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > maxKeys) {
        const oldest = buckets.keys().next();
        if (!oldest.done) buckets.delete(oldest.value);
      }
      return bucket.take(nowMs);
    },
    get size() {
      return buckets.size;
    },
  };
}
