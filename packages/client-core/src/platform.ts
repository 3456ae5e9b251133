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
  /** Adds one transceiver: pictures are received only, sound goes both ways. */
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

/** Callbacks of a WebSocket. */
export interface MediaSocketHandlers {
  /** It may send. */
  onOpen(): void;
  /** One binary message. */
  onMessage(bytes: Uint8Array): void;
  /** One text message. */
  onText(text: string): void;
  /** It is closed, or never opened. */
  onClose(): void;
}

/** A WebSocket. */
export interface MediaSocketPort {
  /** Sends one binary message. False when it is not open. */
  send(bytes: Uint8Array): boolean;
  /** Bytes accepted by {@link send} but not yet on the wire. */
  bufferedBytes(): number;
  /** Idempotent. */
  close(): void;
}

/** One encoded picture for a decoder. */
export interface EncodedPicture {
  /** Annex-B. */
  readonly data: Uint8Array;
  /** Capture time, microseconds of any epoch, growing. */
  readonly timestampUs: number;
  /** Codec string of a key frame, `avc1.42C01F`; null for any other picture. */
  readonly codec: string | null;
}

/** Callbacks of a decoder. */
export interface MediaDecoderHandlers {
  /** A picture was decoded. */
  onPicture(): void;
  /** Decoding can go on with a key frame only. */
  onKeyFrameNeeded(): void;
  /** The device cannot decode the stream. */
  onFailed(message: string): void;
}

/** Counters of a decoder since its creation. */
export interface MediaDecoderStats {
  readonly framesDecoded: number;
  readonly framesDropped: number;
  /** From handing a picture over until it comes out, seconds, summed. */
  readonly totalDecodeTimeS: number;
  readonly width: number;
  readonly height: number;
  /** Times at which sound ran out while it was played. */
  readonly soundGaps: number;
}

/** Decodes and plays what a WebSocket brings. */
export interface MediaDecoderPort {
  /** Decodes one picture, in order. */
  video(picture: EncodedPicture): void;
  /** One Opus packet, 48 kHz stereo. */
  audio(data: Uint8Array, timestampUs: number): void;
  /** Shows picture and sound in the view from now on. */
  attach(): void;
  /** Counters up to now. */
  stats(): MediaDecoderStats;
  /** Idempotent. */
  close(): void;
}

/** Sends one Opus packet of the user's voice, or drops it; `timestampUs` is of its first sample, any epoch. */
export type VoiceSender = (data: Uint8Array, timestampUs: number) => void;

/** The user's voice on one connection. */
export interface AttachedVoice {
  /** Nothing more is sent. Idempotent. */
  close(): void;
}

/** What the WebSocket path needs of a device. */
export interface MediaSocketPlatform {
  /** Why the device cannot play over a WebSocket; null when it can. */
  unavailable(): string | null;
  /** @throws when the page may not connect there. */
  open(url: string, subProtocol: string, handlers: MediaSocketHandlers): MediaSocketPort;
  /** @throws when the device has no decoder. */
  createDecoder(handlers: MediaDecoderHandlers): MediaDecoderPort;
  /**
   * A connection is in use: what the user says goes to `send` until it is closed. Null: the server hears nobody over it, so a microphone
   * cannot be opened. Absent: the platform has no microphone.
   */
  attachVoice?(send: VoiceSender | null): AttachedVoice;
  /** UTF-8. */
  encodeText(text: string): Uint8Array;
  /** UTF-8; malformed bytes become replacement characters. */
  decodeText(bytes: Uint8Array): string;
}

/** Cancels a timer. */
export type Cancel = () => void;

/** Surroundings of a session. */
export interface Platform {
  /** @throws when the device has no WebRTC. */
  createPeer(handlers: PeerHandlers): PeerPort;
  /** The way without WebRTC; absent: the platform has none. */
  readonly mediaSocket?: MediaSocketPlatform;
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
