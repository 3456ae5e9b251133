/** Bounds of scheduling, each with its reason. Times are milliseconds. */
export const domainLimits = {
  /** Shortest and longest reconnect grace of a project: the range the compatible console offers. */
  minReconnectGraceMs: 40_000,
  maxReconnectGraceMs: 3_600_000,
  /** Nodes handed to the database as candidates for one slot: enough to survive a rush, short enough for one statement. */
  maxCandidateNodes: 32,
  /** Arguments of a program: execve allows far more, nobody types more. */
  maxProgramArguments: 256,
  /** Slots one node may describe: a machine has CPU cores for a fraction of it. */
  maxSlotsPerNode: 1_024,
} as const;
