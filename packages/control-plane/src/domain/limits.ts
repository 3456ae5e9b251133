/** Bounds of scheduling, each with its reason. Times are milliseconds. */
export const domainLimits = {
  /** Shortest and longest reconnect grace of a project: the range the compatible console offers. */
  minReconnectGraceMs: 40_000,
  maxReconnectGraceMs: 3_600_000,
  /** Pairs of package and pool that one statement tries: a project has a few packages, a region a few kinds of nodes. */
  maxPlacementCandidates: 256,
  /** Programs started for one project in one look: a start costs CPU that users are waiting for as well. */
  maxPrelaunchesPerLook: 4,
  /** Pause after a program that ended unclaimed; doubled with each further one up to the longest. */
  prelaunchFirstPauseMs: 5_000,
  prelaunchLongestPauseMs: 300_000,
  /** Arguments of a program: execve allows far more, nobody types more. */
  maxProgramArguments: 256,
  /** Slots one node may describe: a machine has CPU cores for a fraction of it. */
  maxSlotsPerNode: 1_024,
  /** Widest XR pictures, as the vendor allows them by type. */
  maxXrWidth: 5_000,
  maxXrWidthXl2: 6_000,
  /** Video codecs that clients may name. */
  videoCodecs: ['H264', 'H265', 'VP8', 'VP9', 'AV1'],
  /** Those that render nodes encode; at least one must be left to every project. */
  encodableCodecs: ['H264', 'VP8'],
} as const;
