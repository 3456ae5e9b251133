import { randomBytes } from 'node:crypto';
import { type HeartbeatRequest, type LatencyReport, limits } from '@cloudstage/protocol';
import type { PeerConnection } from 'node-datachannel';
import type { Logger } from 'pino';
import { createPeerLatency, type HeartbeatExtras, type PeerLatency } from '../latency/peer-latency.js';
import { streamerLimits } from '../limits.js';
import { createCongestionController } from '../rtp/congestion/gcc-controller.js';
import type { CongestionOptions, PathState } from '../rtp/congestion.js';
import { createMediaSender, type MediaSender, type MediaSenderStats, type VideoPicture } from '../rtp/media-sender.js';
import { isRtcp } from '../rtp/rtcp.js';
import { parseRtp, type ReceivedRtp } from '../rtp/rtp-parse.js';
import { audioClockRate, videoClockRate } from '../rtp/rtp-time.js';
import type { VideoCodec } from '../video-codec.js';
import { type ChannelListener, PeerChannels } from './channels.js';
import { newStream, streamOptions } from './local-streams.js';
import type { PeerIdentity } from './peer-identity.js';
import { type AnswerOptions, buildAnswer } from './sdp-answer.js';
import type { Offer } from './sdp-offer.js';
import { createTokenBucket } from './token-bucket.js';
import { type Connection, openConnection } from './webrtc.js';

/** Why a peer ended. */
export type PeerCloseReason =
  | 'never-connected'
  | 'client-closed'
  | 'connection-lost'
  | 'heartbeat-lost'
  | 'taken-over'
  | 'kicked'
  | 'session-closed'
  | 'replaced'
  | 'codec-failed'
  | 'failed';

/** What a peer tells its owner. None of these may throw. */
export interface PeerEvents {
  /** The client can receive media now. Once. */
  readonly onConnected: () => void;
  /** Final, once. */
  readonly onClosed: (reason: PeerCloseReason) => void;
  readonly onKeyFrameNeeded: () => void;
  readonly onTargetChanged: () => void;
  /** A packet of the player's microphone. */
  readonly onVoice: (packet: ReceivedRtp) => void;
  readonly channels: ChannelListener;
}

/** How a peer is made. */
export interface PeerOptions {
  readonly identity: PeerIdentity;
  readonly offer: Offer;
  readonly loopbackAddress: string;
  readonly candidates: AnswerOptions['candidates'];
  readonly bitrate: CongestionOptions;
}

/** Services of the process. */
export interface PeerDeps {
  readonly clock: () => number;
  readonly logger: Logger;
  /** Latency of the pictures before they reach a peer. */
  readonly sourceLatency: () => LatencyReport;
}

/** A client that says good bye is closed this soon after `disconnected`; one that is gone takes seconds. */
const orderlyCloseMs = 1_000;

/**
 * One WebRTC connection of a session. Owns the library's objects and keeps them referenced until the library has closed
 * them; see docs/internals/lifecycle.md.
 */
export class Peer {
  readonly identity: PeerIdentity;
  readonly codec: VideoCodec;
  readonly channels: PeerChannels;
  readonly latency: PeerLatency;
  readonly #deps: PeerDeps;
  readonly #events: PeerEvents;
  readonly #rtcpBudget = createTokenBucket(streamerLimits.rtcpPerSecond);
  readonly #voiceBudget = createTokenBucket(streamerLimits.voicePerSecond);
  readonly #createdMs = performance.now();
  readonly #congestion;
  #native: Connection | undefined;
  #media: MediaSender | undefined;
  #libraryState = 'new';
  #libraryClosed: () => void = () => undefined;
  readonly #whenLibraryClosed = new Promise<void>((resolve) => {
    this.#libraryClosed = resolve;
  });
  #connected = false;
  #closing: Promise<void> | undefined;
  #lastHeartbeatMs: number | undefined;
  #disconnectedSinceMs: number | undefined;
  #answer = '';

  private constructor(deps: PeerDeps, events: PeerEvents, options: PeerOptions) {
    this.identity = options.identity;
    this.codec = options.offer.videoCodec;
    this.#deps = deps;
    this.#events = events;
    this.#congestion = createCongestionController(options.bitrate);
    this.channels = new PeerChannels(events.channels, deps.logger);
    this.latency = createPeerLatency({
      nowUs: deps.clock,
      logger: deps.logger,
      onKeyFrameNeeded: events.onKeyFrameNeeded,
      onTargetChanged: events.onTargetChanged,
      sourceReport: deps.sourceLatency,
    });
  }

  /** Creates the connection and its answer. @throws AppError `webrtc-failed` */
  static async create(deps: PeerDeps, events: PeerEvents, options: PeerOptions): Promise<Peer> {
    const peer = new Peer(deps, events, options);
    await peer.#open(options);
    return peer;
  }

  async #open({ offer, loopbackAddress, candidates, identity }: PeerOptions): Promise<void> {
    const streams = { video: newStream(), audio: newStream() };
    const cname = randomBytes(8).toString('hex');
    const native = await openConnection({
      name: identity.peerId,
      offer,
      loopbackAddress,
      maxMessageSize: limits.channelMessageBytes,
      cname,
      ...streams,
      onCreated: (connection) => this.#listen(connection),
    });
    this.#native = native;
    const { clock } = this.#deps;
    this.#media = createMediaSender(
      {
        send: (mid, packet) => this.#send(mid === offer.video.mid ? native.video : native.audio, packet),
        nowUs: clock,
        schedule: (callback, delayMs) => {
          const timer = setTimeout(callback, delayMs);
          return () => clearTimeout(timer);
        },
        congestion: this.#congestion,
        onKeyFrameNeeded: this.#events.onKeyFrameNeeded,
        onTargetChanged: this.#events.onTargetChanged,
        observer: this.latency.observer,
        playoutDelay: this.latency.playoutDelay,
      },
      {
        cname,
        role: identity.role === 'Player' ? 'player' : 'viewer',
        video: streamOptions(offer.video, streams.video, videoClockRate),
        ...(offer.audio ? { audio: streamOptions(offer.audio, streams.audio, audioClockRate) } : {}),
      },
    );
    for (const track of [native.video, native.audio]) {
      track?.onMessage((message) => this.#onMessage(message, offer.audio?.codec.payloadType));
      track?.onOpen(() => this.#checkConnected());
    }
    this.#answer = buildAnswer(offer, {
      transport: native.transport,
      ...streams,
      cname,
      candidates,
      maxMessageSize: limits.channelMessageBytes,
    });
  }

  #listen(connection: PeerConnection): void {
    connection.onDataChannel((channel) => this.channels.add(channel));
    connection.onStateChange((state) => this.#onState(state));
  }

  #onState(state: string): void {
    this.#libraryState = state;
    // The library passes through `disconnected` also when the client closes in good order.
    const lostForMs = performance.now() - (this.#disconnectedSinceMs ?? performance.now());
    this.#disconnectedSinceMs = state === 'disconnected' ? performance.now() : undefined;
    if (state === 'connected') this.#checkConnected();
    if (state === 'failed') void this.close(this.#connected ? 'connection-lost' : 'never-connected');
    if (state === 'closed') {
      this.#libraryClosed();
      const ended = lostForMs > orderlyCloseMs ? 'connection-lost' : 'client-closed';
      void this.close(this.#connected ? ended : 'never-connected');
    }
  }

  #checkConnected(): void {
    if (this.#connected || this.#closing || this.#libraryState !== 'connected' || !this.#native?.video.isOpen()) return;
    this.#connected = true;
    this.#events.onConnected();
  }

  /** An exception that reaches the native callback would end the process. */
  #onMessage(message: Buffer, voicePayloadType: number | undefined): void {
    try {
      if (!isRtcp(message)) this.#onRtp(message, voicePayloadType);
      else if (this.#rtcpBudget.take(1, performance.now())) this.#media?.onRtcp(message);
    } catch (error) {
      this.#deps.logger.error({ err: error }, 'a packet of a client could not be handled');
    }
  }

  /** The client's microphone; its camera comes here as well, for which there is no use. Viewers are heard by nobody. */
  #onRtp(message: Buffer, voicePayloadType: number | undefined): void {
    if (this.identity.role !== 'Player' || !this.#voiceBudget.take(1, performance.now())) return;
    const packet = parseRtp(message);
    if (packet && packet.payloadType === voicePayloadType && packet.payload.length > 0) this.#events.onVoice(packet);
  }

  #send(track: Connection['audio'], packet: Buffer): void {
    if (this.#closing || !track?.isOpen()) return;
    try {
      track.sendMessageBinary(packet);
    } catch (error) {
      this.#deps.logger.debug({ err: error }, 'a packet could not be sent');
    }
  }

  /** The SDP answer and what the port mux must know. */
  describe() {
    return { sdp: this.#answer, transport: this.#native?.transport };
  }

  get connected(): boolean {
    return this.#connected && !this.#closing;
  }

  get targetBitrateBps(): number {
    const forPictures = this.latency.bitrateShare() * (1 - (this.#media?.repairShare() ?? 0));
    return Math.round(this.#congestion.targetBitrateBps(this.#deps.clock()) * forPictures);
  }

  setBitrateRange(range: CongestionOptions): void {
    this.#congestion.setRange(range);
  }

  stats(): MediaSenderStats | undefined {
    return this.#media?.stats();
  }

  /** What the congestion controller believes of the path. */
  path(): PathState {
    return this.#congestion.path();
  }

  /** A picture sent now would wait behind others. */
  get blocked(): boolean {
    return this.#media?.isBlocked() ?? false;
  }

  sendVideo(picture: VideoPicture, skipWhenBlocked: boolean): void {
    if (this.connected) this.#media?.sendVideo(picture, skipWhenBlocked);
  }

  sendAudio(payload: Uint8Array, timestamp: number, wallUs: number, talkSpurtStart: boolean): void {
    if (this.connected) this.#media?.sendAudio(payload, timestamp, wallUs, talkSpurtStart);
  }

  /** A heartbeat of the client arrived. @returns what the reply says besides. */
  onHeartbeat(request: HeartbeatRequest): HeartbeatExtras {
    this.#lastHeartbeatMs = performance.now();
    return this.latency.onHeartbeat(request);
  }

  /** Looks for signs of a lost client and sends due reports; call every {@link streamerLimits.livenessTickMs}. */
  tick(): void {
    const nowMs = performance.now();
    const since = (startMs: number | undefined, limitMs: number) => startMs !== undefined && nowMs - startMs > limitMs;
    if (!this.#connected && since(this.#createdMs, streamerLimits.neverConnectedMs)) void this.close('never-connected');
    else if (since(this.#disconnectedSinceMs, streamerLimits.disconnectedMs)) void this.close('connection-lost');
    else if (since(this.#lastHeartbeatMs, streamerLimits.heartbeatSilenceMs)) void this.close('heartbeat-lost');
    else if (this.connected) this.#media?.tick();
    this.latency.tick();
  }

  /** Ends the connection; resolves when the library has let go of it. The first reason counts. Idempotent. */
  close(reason: PeerCloseReason): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: PeerCloseReason): Promise<void> {
    this.#media?.close();
    this.#events.onClosed(reason);
    const deadline = new Promise<void>((resolve) => {
      setTimeout(resolve, streamerLimits.peerCloseMs).unref();
    });
    // Also when it is closed already: only this makes the wrapper let go, and a held one blocks the library's cleanup.
    this.#native?.connection.close();
    await Promise.race([this.#whenLibraryClosed, deadline]);
  }
}
