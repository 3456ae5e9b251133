/** Bounds of the work with applications, each with its reason. Times are milliseconds. */
export const applicationLimits = {
  /** Times a package is unpacked anew after its control plane was killed: what kills it every time must not go on for ever. */
  maxIngestAttempts: 3,
  /** Pause before a package is tried again after a failure that is not the package's. */
  ingestRetryMs: 10_000,
  /** After that an attempt is given up: 100 GB at 100 Mbit/s take two hours. */
  ingestMs: 4 * 3_600_000,
  /**
   * How long a deleted version keeps its package: a reservation that chose the version a moment before it was deleted has
   * been made by then, and keeps it until its session ends.
   */
  deletionDelayMs: 30_000,
  /** Rows of a page when the caller does not say. */
  defaultPageRows: 20,
  /** Programs that are listed of one package: a person chooses from them. */
  listedPrograms: 1_000,
  /** Entries of all package lists kept in memory together: the largest package of the default bounds. */
  cachedEntries: 200_000,
  /** Process names of an application, and characters of one. */
  processNames: 32,
  processNameChars: 255,
  /** Characters of a version's name that is made from its file's name. */
  versionNameChars: 64,
} as const;
