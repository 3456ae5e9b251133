/** Bounds of the use cases, each with its reason. Times are milliseconds. */
export const serviceLimits = {
  /** Times ApplyConcurrent looks again after losing a race for a slot. */
  maxApplyAttempts: 5,
  /** Commands under way at once; what does not fit is repeated by the sweep or the node's next report. */
  maxBackgroundTasks: 512,
  /** Versions of an application, as in the compatible API; failed ones do not count. */
  maxVersions: 5,
  /** Nothing is fetched for longer than this: 20 GiB at 100 Mbit/s take 29 minutes. */
  prefetchMs: 45 * 60_000,
  /** `node.describe` reads memory; a node that takes longer is in trouble. */
  describeMs: 5_000,
  /** Sessions waiting for their client at the start of the control plane get at least this long: the shortest grace. */
  resumeGraceMs: 40_000,
} as const;
