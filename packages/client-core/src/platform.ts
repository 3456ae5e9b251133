/**
 * What the session needs from its surroundings. The browser, React Native and tests each give their own; nothing in this
 * package touches the DOM or Node.
 */

/** One data channel. */
export interface ChannelPort {
  /** Sends one text message. False when the channel is not open. */
  send(text: string): boolean;
  /** Bytes accepted by {@link send} but not yet on the wire. */
  bufferedBytes(): number;
  /** Idempotent. */
  close(): void;
}

/** Callbacks of one data channel. `onMessage` gets text messages only. */
export interface ChannelHandlers {
  /** The channel may send. */
  onOpen(): void;
  /** One text message; binary ones are not reported. */
  onMessage(text: string): void;
  /** The channel is closed, by whichever side. */
  onClose(): void;
}

/** Options of a data channel as in RTCDataChannelInit. */
export interface ChannelInit {
  readonly ordered: boolean;
  readonly maxRetransmits?: number;
}

/** Callbacks of a peer connection. The platform attaches tracks to its own view before it reports them. */
export interface PeerHandlers {
  /** A remote track arrived. */
  onTrack(kind: 'audio' | 'video'): void;
  /** `iceConnectionState` changed. */
  onIceState(state: string): void;
  /** `connectionState` changed. */
  onConnectionState(state: string): void;
}

/** One entry of `getStats()`: a flat record with `type` and `id`. */
export type StatsEntry = Readonly<Record<string, unknown>>;

/** One peer connection without ICE servers. Owned by the session, which closes it. */
export interface PeerPort {
  /** Opens a data channel in-band. */
  openChannel(label: string, init: ChannelInit, handlers: ChannelHandlers): ChannelPort;
  /** Adds one `sendrecv` transceiver. */
  addTransceiver(kind: 'audio' | 'video'): void;
  /** Creates the offer, sets it locally, and returns the text of `createOffer` (no candidates). */
  createOffer(): Promise<string>;
  /** Applies the server's answer; rejects when it is unusable. */
  applyAnswer(sdp: string): Promise<void>;
  /** Answers an offer of the server (renegotiation). */
  answerOffer(sdp: string): Promise<string>;
  /** Every entry of the connection's statistics. */
  getStats(): Promise<readonly StatsEntry[]>;
  /** Idempotent. */
  close(): void;
}

/** Cancels a timer. */
export type Cancel = () => void;

/** Surroundings of a session. */
export interface Platform {
  /** @throws when the device has no WebRTC. */
  createPeer(handlers: PeerHandlers): PeerPort;
  /** Epoch time in milliseconds with fractions, never going back. */
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Calls until cancelled. */
  setInterval(callback: () => void, periodMs: number): Cancel;
  /** Calls once unless cancelled. */
  setTimeout(callback: () => void, delayMs: number): Cancel;
  /** POSTs JSON to an address that the page has given, and returns the parsed reply. Rejects after `deadlineMs`. */
  postJson(url: string, body: unknown, deadlineMs: number): Promise<unknown>;
  /** Diagnostic text; never secrets. */
  log(message: string): void;
}
