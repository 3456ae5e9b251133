/** Bounds of the X connection, each with its reason. */
export const x11Limits = {
  /** A local server answers the greeting in a few milliseconds; five seconds cover a machine that starts many slots. */
  connectTimeoutMs: 5_000,
  /** A reply takes ≈ 0.1 ms; a server that is silent for this long hangs, and the caller must hear about it. */
  requestTimeoutMs: 5_000,
  /** After the end of our side the server closes its own at once. */
  closeTimeoutMs: 1_000,
  /** X coordinates are 16 bit and signed. */
  maxScreenPixels: 32_767,
  /** An Xauthority file of a slot has one entry; a user's own rarely exceeds a few kilobytes. */
  xAuthorityBytes: 262_144,
} as const;
