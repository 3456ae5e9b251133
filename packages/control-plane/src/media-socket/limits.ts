/** Bounds of the WebSocket path at the control plane, each with its reason. */
export const playLimits = {
  /** Connections at a time: each is two sockets and at most a few hundred KB of waiting bytes. */
  connections: 1_024,
  /** Connections of one session: 16 clients, each with one that is on its way out. */
  connectionsPerSession: 32,
  /** Handshakes in progress; each is one look-up by key and one connect to a node. */
  handshakes: 64,
  /** Handshakes a second for each session: what 16 clients that reconnect at once need. */
  handshakesPerSecond: 20,
  /** Sessions whose handshakes are counted; the one idle longest goes first. */
  countedSessions: 10_000,
  /** Characters of a session's id and of a token. */
  idChars: 64,
  tokenChars: 128,
  /** A silent connection is found dead by TCP after about this long; the streamer closes it sooner when heartbeats stay away. */
  keepAliveMs: 30_000,
} as const;
