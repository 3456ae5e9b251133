/** Bounds and deadlines of the client, each with its reason. Milliseconds unless the name says otherwise. */
export const clientLimits = {
  /** Unanswered ack requests kept at a time; a page sends a handful, a broken server must not grow the map. */
  pendingAcks: 128,
  /** Longest wait for an ack reply; the official SDK waits for ever. */
  ackTimeoutMs: 10_000,
  /** Moves are dropped above this send backlog: they would only arrive late and are superseded by the next one. */
  moveBacklogBytes: 16_384,
  /** Every other message is dropped above this send backlog: the connection is dead, or dying. */
  channelBacklogBytes: 4_194_304,
  /** Period of the session's clock. */
  pollMs: 100,
  /** Period of heartbeats and statistics. */
  tickMs: 1_000,
  /** Wait for the video element's metadata after the track arrived (some web views never report it). */
  metadataWaitMs: 1_000,
  /** Ticks between start() and ESTABLISHED unless the server sets `connect_timeout`. */
  connectTimeoutTicks: 60,
  /** Ticks without any inbound media or message before `noflowcenter`, unless the server sets `noflow_timeout`. */
  noflowTicks: 10,
  /** Silence (no heartbeat reply, no message, no RTP) after which an established connection counts as lost. ICE alone takes 7–8 s. */
  stallMs: 2_500,
  /** One poll adds at most this much to the silence, so that a suspended tab or laptop is not taken for a lost server. */
  stallStepMs: 500,
  /** Delays before the first repeats of a reconnect: a restarted streamer is back within a second or two. */
  quickRetryDelaysMs: [500, 1_000, 2_000],
  /** Delay before every later repeat, and how many of them there are. */
  slowRetryDelayMs: 6_000,
  slowRetries: 10,
  /** A reconnect attempt that got an answer but no media in this time has failed. */
  reconnectEstablishMs: 8_000,
  /** Deadline of one request for a new ServerSession. */
  reconnectRequestMs: 10_000,
  /** Without a connected candidate pair after this time the WebSocket is tried as well. WebRTC takes a few round trips. */
  socketDelayMs: 2_000,
  /** The same when the last connection was a WebSocket: the network is likely to be the same. */
  socketAgainDelayMs: 500,
  /** A pair that connects but no DTLS after this time: some middle boxes let only small packets pass. */
  socketLateDelayMs: 6_000,
  /** A packet of the user's voice is dropped above this send backlog of a WebSocket: half a second of voice, behind a full buffer of the system. */
  voiceBacklogBytes: 2_048,
  /** Sound packets between two acknowledgements while no picture comes. */
  soundPacketsPerReceipt: 5,
  /** A decoder has failed that made nothing of more pictures than the first, or less than the share of more than the second, without such losses. */
  decoderNonePictures: 10,
  decoderFewPictures: 30,
  decoderShare: 0.1,
  decoderLossShare: 0.1,
  /** It is looked at every second from the first picture on, for this many seconds; so many bad ones in a row count. */
  decoderReadings: 10,
  decoderBadReadings: 4,
  /** Page-given user inactivity threshold when none is set, seconds. */
  idleThresholdS: 300,
  /** Characters of one inbound channel message that are parsed; the largest real ones are cursor images (128×128 PNG). */
  inboundMessageChars: 262_144,
  /** Heartbeats whose sending time is remembered for the round-trip time. */
  heartbeatsInFlight: 16,
  /** Round trips kept to estimate the clock offset: half a minute, longer than any drift that matters. */
  clockSamples: 30,
  /** An input without a new picture in this time had no visible effect. */
  reactionMs: 1_000,
  /** Presented frames kept for latency percentiles: five seconds at 60 fps. */
  latencySamples: 300,
  /** Entries of AccessInfo that are read. */
  accessEntries: 64,
  /** Messages in one `key_seq`; the servers' own bound. */
  keySequenceLength: 256,
} as const;
