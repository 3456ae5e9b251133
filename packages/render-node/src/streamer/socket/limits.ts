/** Bounds of the WebSocket path, each with its reason. */
export const socketLimits = {
  /** Connections at a time: one for each of 16 peers, twice; only the agent can connect. */
  connections: 32,
  /** A handshake that is not complete by then is nobody's. */
  handshakeMs: 5_000,
  /** Request line and headers: the control plane sends a few hundred bytes. */
  headerBytes: 4_096,
  /** How long a client may open its socket after its answer was made; as long as a WebRTC client may take. */
  tokenMs: 60_000,
  /** Channels that a client may have open: the fixed ones, `cd`, and room. */
  channels: 32,
  /** Time for the last bytes to be sent after the good-bye. */
  closeMs: 1_000,
  /** Bytes that may wait in our own end of the socket: more means that the other end has stopped reading. */
  waitingBytes: 4_194_304,
  /** Messages sent and not yet known to have arrived whose times are kept: 20 s of sound and pictures at 60 fps. */
  sentMessages: 4_096,
  /** Nothing at all from the client, not even an acknowledgement of what it was sent. */
  silenceMs: 10_000,
} as const;
