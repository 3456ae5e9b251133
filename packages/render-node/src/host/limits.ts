/** Deadlines and bounds of the host processes, each with its reason. */
export const hostLimits = {
  /** Xorg is ready after 50–150 ms; a loaded machine with cold caches took under two seconds. */
  displayStartMs: 10_000,
  /** Openbox takes 50–120 ms. */
  windowManagerStartMs: 10_000,
  /** PulseAudio takes 20–30 ms to its socket. */
  soundStartMs: 10_000,
  /** Silence after the last sound until the sound server rests: longer than the streamer sends silence (half a second), and the least that the server knows. */
  soundRestSeconds: 1,
  /** A killed process group is gone in milliseconds; more means a process in an uninterruptible wait. */
  killMs: 5_000,
  /** How often a file or socket is looked at while a process starts. */
  startPollMs: 5,
  /** How often a process that is not our child (adopted after a restart) is looked at. */
  adoptedPollMs: 200,
  /** X display numbers a node may use; low ones belong to desktops. */
  firstDisplayNumber: 100,
  lastDisplayNumber: 999,
  /** One log file of a host process before it is cut. */
  logFileBytes: 4_194_304,
  /** The part of a program's output that is kept in one file; there is one older part. Below the bound at which logs are cut. */
  programLogBytes: 2_097_152,
  /** Compiling the preloads takes under a second. */
  buildNativeMs: 90_000,
} as const;
