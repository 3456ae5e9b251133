/** Deadlines and bounds of the agent, each with its reason. */
export const agentLimits = {
  /** Sign of life to the control plane. */
  statusIntervalMs: 5_000,
  /** Reports that wait while the control plane is unreachable: a few for each slot; status reports are merged. */
  queuedReports: 1_024,
  /** Retry of an undelivered report: soon at first, then at the pace of the signs of life. */
  reportRetryMinMs: 100,
  reportRetryMaxMs: 5_000,
  /** A streamer loads native libraries: 300 ms alone, seconds when all slots of a busy machine start at once. */
  linkedProcessStartMs: 20_000,
  linkConnectPollMs: 10,
  /** Calls to the port mux touch memory only. */
  muxCallMs: 2_000,
  /** For its numbers alone: who asks for a node's statistics waits little longer, and the others must not be lost. */
  muxStatsMs: 1_000,
  /** Setting the mode and opening the encoder. */
  configureMs: 5_000,
  /** Creating a peer; includes the DTLS certificate. */
  addPeerMs: 5_000,
  describeMs: 2_000,
  /** The first question to a streamer. One that does not answer is replaced, which costs its players the picture for a second: not while it is only late. */
  takeOverMs: 10_000,
  /** Starting a publisher; ending one lets it write the end of its stream. */
  publishMs: 4_000,
  /** Telling clients good-bye twice; the program is being killed meanwhile, so nobody waits long for it. */
  farewellMs: 1_500,
  /** Calls that wait for a slot's turn: retries of impatient clients, not a crowd. */
  queuedSlotCalls: 32,
  /** A slot that stood this long was healthy: its failures are forgotten. */
  stableMs: 60_000,
  /** Names of processes that keep a session: a program has a launcher or two. */
  processNames: 32,
  /** A launcher has ended, and the program that it started is not there yet. */
  processGraceMs: 5_000,
  /** Warming a slot again after a failure. */
  warmRetryMinMs: 250,
  warmRetryMaxMs: 10_000,
  /** Failures in a row before the slot reports `failed` and is tried only now and then. */
  warmFailures: 5,
  failedRetryMs: 60_000,
  /** Restarts of a mux or streamer: at once, then doubling up to this. */
  restartMinMs: 50,
  restartMaxMs: 5_000,
  /** Failed starts in a row after which a streamer's slot is recycled as a whole. */
  streamerRestarts: 8,
  /** Restarts of a window manager within one session. */
  windowManagerRestarts: 8,
  /** Waiting for slots at the agent's start; they go on in the background. */
  startWaitMs: 30_000,
  /** Last reports at the end; the control plane may be gone already. */
  closeReportMs: 1_000,
  /** Last line of a log in an error message. */
  logLineChars: 500,
  /** The end of a program's output that goes into the log when it ends. */
  lastOutputLines: 5,
  lastOutputBytes: 2_000,
  /** Size of log files is looked at this often. */
  logTrimMs: 10_000,
  /** Parts of recordings are looked for this often: they are minutes long. */
  recordingPassMs: 5_000,
  /** An unfinished part that has not changed for this long has no writer any more: longer than one may outlive its streamer. */
  recordingRestMs: 30_000,
  /** Routes: peers per session times slots, with dead ones not yet reported. */
  routes: 4_096,
  /** Entries and bytes of one package manifest. */
  manifestBytes: 67_108_864,
  packageEntries: 200_000,
  /** Files of a package fetched at the same time. */
  parallelBlobs: 8,
  /** A card that has made no picture in this time is not used; opening one takes about a second. */
  encoderProbeMs: 15_000,
} as const;
