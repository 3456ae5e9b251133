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
  /** Failed authentications of one network in a row before its lasting rate holds: a service with a wrong key is noticed. */
  authFailureBurst: 30,
  /** Networks whose failures are counted; the one idle longest goes first. */
  authNetworks: 20_000,
  /** Pairs of network and key that have worked. */
  knownCallers: 20_000,
  /** A key that worked from a network within this time is not shut out by others' failures there. Milliseconds. */
  knownCallerMs: 600_000,
  /** Characters of one text in the audit log. */
  auditTextChars: 256,
  /** Items of one list in the audit log. */
  auditListItems: 50,
  /** Parameters of one entry of the audit log, as JSON characters. */
  auditParameterChars: 8_192,
  /** Ids of one entry of the audit log. */
  auditTargets: 100,
  /** Body of `/reconnect`: a ClientSession object, whose description alone may have 64 Ki characters. Bytes. */
  reconnectBodyBytes: 256 * 1024,
  /** A browser's fetch in the official SDK is aborted after 10 s; CreateSession has 5 s. Milliseconds. */
  reconnectDeadlineMs: 4_750,
  /** Heartbeat token in `/reconnect`. */
  tokenChars: 1_024,
} as const;
