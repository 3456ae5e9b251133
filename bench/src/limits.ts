/** Bounds and pauses of the bench, each with its reason. */
export const benchLimits = {
  /** First start of the product on a busy machine, with a fresh database. */
  productStartMs: 120_000,
  productStopMs: 30_000,
  /** Registering a package of 100 MB. */
  registerMs: 120_000,
  /** ServerSession to the first presented frame; the program's own start is part of it. */
  firstFrameMs: 20_000,
  /** First frame to a readable stamp: Node's start inside the sandbox. */
  firstStampMs: 30_000,
  /** A slot is being cleaned or prepared between two cases. */
  slotFreeMs: 60_000,
  retryMs: 250,
  /** Encoder, jitter buffer and just-in-time compilers settle. */
  warmUpMs: 3_000,
  /** Start of an idle program, its first two seconds of drawing, and the pictures that refine the last one. */
  idleRestMs: 6_000,
  /** Beyond this a click counts as lost. */
  clickLostMs: 1_000,
  /** Pauses between clicks are spread evenly over this range, so that clicks do not lock to the frame clock. */
  clickPauseMs: { min: 80, max: 180 },
  /** Output of the product that is kept to explain a failure. */
  outputChars: 100_000,
} as const;
