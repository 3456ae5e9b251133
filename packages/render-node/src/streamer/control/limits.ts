/** Bounds of what a peer may send over its data channels, each with its reason. */
export const controlLimits = {
  /** Longest `km` message: 256 queued messages of a `key_seq` are below 32 KB. */
  inputBytes: 65_536,
  /** A heartbeat is ≈ 400 bytes. */
  heartbeatBytes: 16_384,
  /** Messages a peer may send per second: a 1,000 Hz mouse with three coalesced events a frame stays far below. */
  messagesPerSecond: 2_000,
  /** Messages that may arrive at once, e.g. after a stall of the network. */
  messageBurst: 4_000,
  /** Bytes that cost as much as one message: parsing is linear in length. */
  bytesPerToken: 1_024,
  /** Text of a sequence number that is no number, echoed as it came. */
  sequenceChars: 64,
  /** `res_mode` and other short fields. */
  fieldChars: 64,
  /** Desktop size that `desktop_res` may ask for; the display has its own limit below. */
  desktopPixels: 16_384,
  /** Second sending of a kick: far enough from the first to survive a burst of loss, before the peer is closed. */
  kickRepeatMs: 50,
  /** The `cd` channel is lossy: the latest image is sent once more. */
  cursorRepeatMs: 1_000,
  /** So is `svr`: news of the microphone follow once more. */
  micRepeatMs: 1_000,
  /** Users of a session whose microphones may be open by our word; there are at most 17 at a time. */
  micUsers: 64,
  /** State on `km`. */
  stateIntervalMs: 1_000,
} as const;
