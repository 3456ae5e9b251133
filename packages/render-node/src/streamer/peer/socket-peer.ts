import {
  buildChannelMessage,
  buildMediaHead,
  type HeartbeatRequest,
  type LatencyReport,
  limits,
  type MediaSocketHello,
  parseMediaMessage,
} from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { createPeerLatency, type HeartbeatExtras, type PeerLatency } from '../latency/peer-latency.js';
import { streamerLimits } from '../limits.js';
import type { VoicePacket } from '../media/microphone.js';
import type { CongestionOptions } from '../rtp/congestion.js';
import { createKeyFrameWishes, type KeyFrameWishes } from '../rtp/key-frame-wishes.js';
import { rtpTimestamp, videoClockRate } from '../rtp/rtp-time.js';
import type { SocketConnection } from '../socket/connection.js';
import { socketLimits } from '../socket/limits.js';
import { createSocketRate, type SocketRate } from '../socket/socket-rate.js';
import type { CommonCodec } from '../video-codec.js';
import type { ChannelListener } from './channels.js';
import type { PeerCloseReason } from './peer.js';
import type { PeerIdentity } from './peer-identity.js';
import type { PeerPicture, PeerStats, SessionPeer } from './session-peer.js';
import { createSocketVoice } from './socket-voice.js';
import { createTokenBucket } from './token-bucket.js';

/** What a peer on a WebSocket tells its owner. None of these may throw. */
export interface SocketPeerEvents {
  /** The client has chosen this connection: it opens channels on it. Once. */
  readonly onChosen: () => void;
  /** Final, once. */
  readonly onClosed: (reason: PeerCloseReason) => void;
  readonly onKeyFrameNeeded: () => void;
  readonly onTargetChanged: () => void;
  /** A packet of the player's microphone. */
  readonly onVoice: (packet: VoicePacket) => void;
  readonly channels: ChannelListener;
}

/** How it is made. */
export interface SocketPeerOptions {
  readonly identity: PeerIdentity;
  readonly codec: CommonCodec;
  readonly connection: SocketConnection;
  readonly bitrate: CongestionOptions;
  /** Server wall clock in microseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Latency of the pictures before they reach a peer. */
  readonly sourceLatency: () => LatencyReport;
}

const pictureKinds = { H264: 'h264', VP8: 'vp8' } as const;

const hello = (codec: CommonCodec, isHeard: boolean): MediaSocketHello => ({
  Type: 'CreateSession',
  Data: {
    Code: 0,
    Video: pictureKinds[codec],
    Audio: { Codec: 'opus', Channels: 2, SampleRate: 48_000, PcmFrameSize: 480 },
    ...(isHeard ? { Voice: { Codec: 'opus' } } : {}),
  },
});

/** Codes of RFC 6455 §7.4 told to the client. */
const closeCodes = { goingAway: 1001, violation: 1008 } as const;

/**
 * A client on a WebSocket (`media-v1`), connected from its creation. Pictures and sound go out as they come. When more waits
 * than the path carries in a tenth of a second, it counts as blocked: no picture is made for a lone player, and pictures that
 * are made for others are left out up to the next key frame.
 */
export class SocketPeer implements SessionPeer {
  readonly identity: PeerIdentity;
  readonly codec: CommonCodec;
  readonly channels = {
    send: (label: string, text: string) => this.#sendMessage(label, text),
    isOpen: (label: string) => !this.#closed && this.#open.has(label),
  };
  readonly latency: PeerLatency;
  readonly #connection: SocketConnection;
  readonly #events: SocketPeerEvents;
  readonly #clock: () => number;
  readonly #logger: Logger;
  readonly #rate: SocketRate;
  /** Key frames that it asks for are bounded by its role: everybody gets them. */
  readonly #wishes: KeyFrameWishes;
  readonly #open = new Set<string>();
  readonly #messages = createTokenBucket(streamerLimits.messagesPerSecond);
  readonly #bytes = createTokenBucket(streamerLimits.messageBytesPerSecond);
  readonly #onVoice: ReturnType<typeof createSocketVoice>;
  readonly #stats = { packetsSent: 0, bytesSent: 0, packetsRetransmitted: 0, nacksReceived: 0, picturesSkipped: 0 };
  #lastMessageMs = performance.now();
  #lastHeartbeatMs: number | undefined;
  #waitsForKeyFrame = true;
  /** A key frame is to be asked for when the backlog has drained. */
  #owesKeyFrame = false;
  #chosen = false;
  #closed = false;

  constructor(events: SocketPeerEvents, options: SocketPeerOptions) {
    const { identity, connection, bitrate, clock, logger } = options;
    this.identity = identity;
    this.codec = options.codec;
    this.#events = events;
    this.#connection = connection;
    this.#clock = clock;
    this.#logger = logger;
    this.#rate = createSocketRate(bitrate);
    this.#onVoice = createSocketVoice({
      isHeard: this.#isHeard,
      send: (message) => void this.#send(false, message),
      onVoice: events.onVoice,
    });
    this.#wishes = createKeyFrameWishes(identity.role === 'Player' ? 'player' : 'viewer');
    this.latency = createPeerLatency({
      nowUs: clock,
      logger,
      onKeyFrameNeeded: events.onKeyFrameNeeded,
      onTargetChanged: events.onTargetChanged,
      sourceReport: options.sourceLatency,
    });
  }

  /** Begins to read and to send. Call once its owner knows it. */
  start(): void {
    this.#connection.sendText(JSON.stringify(hello(this.codec, this.#isHeard)));
    this.#connection.listen({
      onBinary: (data) => this.#onBinary(data),
      onClosed: () => void this.close('client-closed'),
    });
  }

  get #isHeard(): boolean {
    return this.identity.role === 'Player';
  }

  get connected(): boolean {
    return !this.#closed;
  }

  get targetBitrateBps(): number {
    return Math.round(this.#rate.targetBitrateBps * this.latency.bitrateShare());
  }

  setBitrateRange(range: CongestionOptions): void {
    this.#rate.setRange(range);
  }

  stats(): PeerStats {
    return this.#stats;
  }

  describe() {
    return { transport: undefined };
  }

  get blocked(): boolean {
    return !this.#rate.accepts;
  }

  sendVideo({ data, timestamp, keyFrame, times }: PeerPicture, skipWhenBlocked: boolean): void {
    if (this.#closed || (this.#waitsForKeyFrame && !keyFrame)) return;
    const waits = this.#rate.jammed || (skipWhenBlocked && this.blocked);
    if (waits || !this.#send(keyFrame, buildMediaHead(pictureKinds[this.codec], timestamp), data)) {
      this.#stats.picturesSkipped += 1;
      this.#waitsForKeyFrame = true;
      this.#owesKeyFrame = true;
      return;
    }
    if (times) this.latency.observer.onPictureSent(times.encodeEndUs, this.#clock());
    this.#waitsForKeyFrame = false;
    this.#owesKeyFrame = false;
  }

  sendAudio(payload: Uint8Array, _timestamp: number, wallUs: number): void {
    // Sound is a hundredth of the picture, and a gap in it is heard.
    if (this.#closed || this.#rate.backlogBytes > streamerLimits.channelBufferedBytes) return;
    this.#send(false, buildMediaHead('opus', rtpTimestamp(wallUs, videoClockRate)), payload);
  }

  onHeartbeat(request: HeartbeatRequest): HeartbeatExtras {
    this.#lastHeartbeatMs = performance.now();
    return this.latency.onHeartbeat(request);
  }

  tick(): void {
    const nowMs = performance.now();
    const heartbeatLost = nowMs - (this.#lastHeartbeatMs ?? nowMs) > streamerLimits.heartbeatSilenceMs;
    if (heartbeatLost || nowMs - this.#lastMessageMs > socketLimits.silenceMs) void this.close('heartbeat-lost');
    // When nothing is under way, no acknowledgement comes.
    this.#repayKeyFrame();
    this.latency.tick();
  }

  async close(reason: PeerCloseReason): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close(closeCodes.goingAway);
    this.#events.onClosed(reason);
  }

  #send(keyFrame: boolean, ...parts: readonly Uint8Array[]): boolean {
    if (!this.#connection.sendBinary(...parts)) return false;
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.#stats.packetsSent += 1;
    this.#stats.bytesSent += bytes;
    this.#rate.onSent(bytes, this.#clock(), keyFrame);
    return true;
  }

  #sendMessage(label: string, text: string): boolean {
    if (this.#closed || !this.#open.has(label)) return false;
    if (this.#rate.backlogBytes > streamerLimits.channelBufferedBytes) return false;
    return this.#send(false, buildChannelMessage(label, Buffer.from(text)));
  }

  #onBinary(bytes: Buffer): void {
    const nowMs = performance.now();
    this.#lastMessageMs = nowMs;
    const message = parseMediaMessage(bytes);
    if (message === null) {
      this.#logger.warn({ bytes: bytes.length }, 'a malformed message of a WebSocket client');
      this.#connection.close(closeCodes.violation);
      return;
    }
    switch (message.type) {
      case 'received':
        this.#onReceived(message.bytes);
        return;
      case 'key-frame-wanted':
        this.#owesKeyFrame = true;
        this.#repayKeyFrame();
        return;
      case 'channel-open':
        this.#onChannelOpen(message.label);
        return;
      case 'channel-closed':
        if (this.#open.delete(message.label)) this.#events.channels.onClosed(message.label);
        return;
      case 'message': {
        const { label, data, binary } = message;
        const withinRate = this.#messages.take(1, nowMs) && this.#bytes.take(data.length, nowMs);
        if (!withinRate || data.length > limits.channelMessageBytes || !this.#open.has(label)) return;
        this.#events.channels.onMessage(label, binary ? data : Buffer.from(data).toString('utf8'));
        return;
      }
      case 'voice':
        this.#onVoice(message, nowMs);
        return;
      default:
        // Clients send no pictures.
        this.#connection.close(closeCodes.violation);
    }
  }

  #onReceived(bytes: number): void {
    this.#rate.onReceived(bytes, this.#clock());
    this.#repayKeyFrame();
    this.#events.onTargetChanged();
  }

  #repayKeyFrame(): void {
    if (!this.#owesKeyFrame || !this.#rate.drained || !this.#wishes.wish(this.#clock(), 0)) return;
    this.#owesKeyFrame = false;
    this.#events.onKeyFrameNeeded();
  }

  #onChannelOpen(label: string): void {
    if (this.#open.size >= socketLimits.channels) return;
    this.#open.add(label);
    if (!this.#chosen) {
      this.#chosen = true;
      this.#events.onChosen();
    }
    this.#events.channels.onOpen(label);
  }
}
