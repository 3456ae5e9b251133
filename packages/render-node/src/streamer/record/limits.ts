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
} as const;
