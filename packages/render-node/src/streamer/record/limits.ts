/** Bounds of a recording, each with its reason. */
export const recordLimits = {
  /** A part is stored when it is whole: its length is how late a long session gets into the store, and what is sent again after a fault. */
  partMs: 1_800_000,
  partBytes: 1_073_741_824,
  /** Players jump from key frame to key frame; each costs as much as tens of pictures. */
  keyFrameIntervalMs: 10_000,
  /** Bytes that wait for the disk: seconds, while it is busy. Above it pictures are left out up to the next key frame. */
  queueBytes: 8_388_608,
  /** Sound is small and its gaps are heard, so it is left out later. */
  soundQueueBytes: 10_485_760,
  /** No part is begun on a disk with less room than this: programs and packages live there too. */
  minFreeBytes: 2_147_483_648,
  /** Pause after a part that failed, and failures in a row after which the session is recorded no more. */
  retryMs: 2_000,
  failures: 30,
  tickMs: 500,
  /**
   * Parts that changes of size or parameters may begin at once, and a second from then on: each costs a process of 100 MB and half a second of a core, and
   * a window that is dragged changes its size sixty times a second. Beyond that the picture is left out for a while.
   */
  changes: 4,
  changesPerSecond: 0.25,
  changesPauseMs: 5_000,
  /** The end of a session waits for the ends of its parts this long. */
  stopMs: 1_200,
} as const;
