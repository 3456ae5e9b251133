/** Bounds of the cloud API server, each with its reason. Those of the protocol itself are in `@cloudstage/cloud-api`. */
export const cloudApiServerLimits = {
  /**
   * Request line and headers together, bytes. Node.js allows 16 KiB by default, less than the 32 KiB query that a GET may
   * have; the rest is for headers.
   */
  headerBytes: 64 * 1024,
  /** Read and thrown away after a body proved too large, so that its sender gets to read the answer. Bytes. */
  drainBytes: 16 * 1024 * 1024,
  /** A body must have arrived by then: 10 MB at 3 Mbit/s. Milliseconds. */
  bodyDeadlineMs: 30_000,
  /** Looking up an access key, milliseconds. */
  authenticationDeadlineMs: 4_000,
  /** Time kept between our own deadline and the documented one, for the reply to travel. Milliseconds. */
  deadlineMarginMs: 250,
  /** Deadline of actions for which none is documented; SDKs give up after 30 to 60 s. Milliseconds. */
  undocumentedDeadlineMs: 20_000,
  /** Account and action pairs with a bucket; the least recently used goes first. */
  rateBuckets: 20_000,
  /** Body of `/reconnect`: a ClientSession object, whose description alone may have 64 Ki characters. Bytes. */
  reconnectBodyBytes: 256 * 1024,
  /** A browser's fetch in the official SDK is aborted after 10 s; CreateSession has 5 s. Milliseconds. */
  reconnectDeadlineMs: 4_750,
  /** Heartbeat token in `/reconnect`. */
  tokenChars: 1_024,
} as const;
