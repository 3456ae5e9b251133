/** Bounds of the demo backend, each with its reason. */
export const limits = {
  /** A ClientSession is at most 128 KB of Base64; as a form it grows by a few percent. */
  bodyBytes: 262_144,
  /** What the vendor's demo uses; the API's own limit for ApplyConcurrent is 20 s. */
  cloudCallSeconds: 30,
  /** The head of the queue is tried once a second. */
  queueCheckMs: 1_000,
  /** A user who stops asking leaves the queue. */
  queueExpiryMs: 30_000,
  /** Parameters of a request: the interface has six. */
  parameterCount: 32,
} as const;
