/** Bounds of a live push, each with its reason. */
export const publishLimits = {
  /** Name look-up, TCP, TLS and the RTMP handshake take well below a second on a path that can carry video. */
  connectMs: 15_000,
  /** The server takes nothing for this long: clients are told. Shorter stalls are what a queue is for. */
  stallPausedMs: 3_000,
  /** And for this long: the connection is dead, another one is made. */
  stallFailedMs: 15_000,
  /** Bytes that wait for the publisher: two seconds at 8 Mbit/s. Above it pictures are dropped up to the next key frame. */
  queueBytes: 2_097_152,
  /** Sound is small and its gaps are heard, so it is dropped later. */
  soundQueueBytes: 2_621_440,
  /** A still screen is sent again this often, so that servers and players do not take it for a dead stream. */
  idlePictureMs: 500,
  tickMs: 100,
  /** Distance of key frames: each costs as much as tens of pictures; servers cut segments at them. */
  minKeyFrameIntervalMs: 250,
  maxKeyFrameIntervalMs: 60_000,
  /** A key frame that was asked for takes one frame interval; on a machine that stands still, longer. */
  askAgainMs: 1_000,
  /** Pauses between connections: soon at first, then at a pace that no server minds. */
  retryMinMs: 500,
  retryMaxMs: 10_000,
  /** A connection that stood this long worked; one that ends sooner counts with the failures before it. */
  stoodMs: 10_000,
  /** A target of which no connection has stood for this long is given up. */
  outageMs: 600_000,
  /** Writing the end of the stream; then the publisher is killed. */
  closeMs: 1_500,
  /** The same of a file: all that waits for a writer is worth keeping, and on a busy machine it takes seconds to start. */
  fileCloseMs: 20_000,
  /** How long one goes on whose streamer has gone, and how often it looks. */
  orphanMs: 20_000,
  orphanCheckMs: 1_000,
  /** One frame of the link to the publisher: far above a 4K key frame. */
  frameBytes: 33_554_432,
  /** Messages of the publisher are short sentences. */
  messageChars: 300,
  /** A file is whole up to its last fragment: what a crash costs at most. Each fragment has a head of some hundred bytes. */
  fileFragmentMs: 1_000,
  /** Sound is cut into frames of 1024 samples; a jump of this many samples is a gap, not jitter. */
  soundJumpSamples: 4_800,
} as const;
