/** Bounds of the streamer, each with its reason. */
export const streamerLimits = {
  /** One player and 16 viewers; every peer costs one packet copy and one encryption a packet. */
  maxPeers: 17,
  /** A peer whose client never sends a STUN check. Slow business backends take seconds, users do not wait a minute. */
  neverConnectedMs: 60_000,
  /** Heartbeats come every second; after this long without one the client is gone, and its session waits within 15 s. */
  heartbeatSilenceMs: 10_000,
  /** ICE `disconnected` may heal after a change of network; the library itself declares `failed` later. */
  disconnectedMs: 10_000,
  /** Processor time of a 720p picture in AV1 above which it is not offered: 30 of them a second would take more than 60 % of a core. */
  av1PictureMs: 20,
  /** How often liveness is looked at; bounds how late a loss is reported. */
  livenessTickMs: 1_000,
  /** Time for the library to write its local description; it takes ≈ 5 ms. */
  localDescriptionMs: 3_000,
  /** Time for the library to report a peer as closed, after which it is left to the process's end. */
  peerCloseMs: 2_000,
  /** Between the two kick messages (the channel is lossy) and the close, so that the client reads them first. */
  kickLingerMs: 150,
  /**
   * Heartbeats of a client that is sent away because its codec fails: the reply to the first, on a lossy channel, brings what it comes back with,
   * and with the second, a second later, it has most likely arrived. One that sends none gets no longer than this.
   */
  dismissHeartbeats: 2,
  dismissMs: 10_000,
  /** Channels of one peer: six fixed labels, `cd`, and a few custom ones. */
  channelsPerPeer: 32,
  channelLabelChars: 64,
  /** Messages of one peer and second; a 1000 Hz mouse with keyboard and heartbeats stays below. */
  messagesPerSecond: 4_000,
  /** Bytes of one peer and second over all channels; a full `paste` is 256 KB. */
  messageBytesPerSecond: 4_194_304,
  /** Bytes that may wait in one channel before messages to the client are dropped. */
  channelBufferedBytes: 1_048_576,
  /** RTCP packets of one peer and second; Chromium sends ≈ 30. */
  rtcpPerSecond: 1_000,
  /** Key frames at once, and the time for each from then on, for a peer that pauses and resumes: everybody gets them. */
  resumes: 4,
  resumeIntervalMs: 2_000,
  /** Packets of a player's microphone in a second: 50 of 20 ms, or 100 of 10 ms after a pause in the network. */
  voicePerSecond: 200,
  /** Runtime directory check: the slot is gone when it is gone. */
  runDirCheckMs: 2_000,
  /** How long SIGTERM may take before the process ends without a clean close. */
  shutdownMs: 3_000,
  /** Waiting for X and sound at start; the agent starts them before. */
  connectAttempts: 20,
  connectRetryMs: 250,
} as const;
