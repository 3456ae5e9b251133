/** Bounds of the latency account and of what acts on it, each with its reason. */
export const latencyLimits = {
  /** Percentiles are of the last one to two windows: long enough for a p99, short enough to see a change. */
  windowMs: 15_000,
  /** Lost share of packets above which latency has a cause that the watchdog leaves alone. */
  lossyShare: 0.02,
  /** Counts go to the agent this often; what a crash loses is less. */
  reportIntervalMs: 10_000,
  /** A client's heartbeats with an account are answered with ours this often. */
  replyIntervalMs: 4_000,
  /** Seconds during which the client is told of a wish: the channel is lossy. */
  wishRepeatMs: 3_500,
} as const;
