import { assertNever } from '@cloudstage/protocol';
import { clientLimits } from '../limits.js';
import type { Cancel, MediaSocketPlatform, Platform } from '../platform.js';
import { createPeerLink, type PeerLink, type PeerLinkHandlers } from './peer-link.js';
import { initialRace, type RaceEffect, type RaceEvent, type RaceState, stepRace } from './race.js';
import { createSocketPort, type SocketPort } from './socket-port.js';

/** What the page wants of the transport. */
export interface TransportWish {
  /** `auto` races WebRTC and, when it does not connect, a WebSocket. Default `auto`. */
  readonly mode?: 'auto' | 'webrtc' | 'websocket';
  /** Milliseconds without a connected pair after which the WebSocket is opened; default {@link clientLimits.socketDelayMs}. */
  readonly socketDelayMs?: number;
}

/** Makes the link of one connection. @throws what `platform.createPeer` throws. */
export type LinkFactory = (handlers: PeerLinkHandlers, wish: TransportWish) => PeerLink;

const isSocketUrl = (url: string | undefined): url is string => url !== undefined && /^wss?:\/\//.test(url);

/** Why the WebSocket cannot be tried; null when it can. */
function obstacle(media: MediaSocketPlatform | undefined, url: string | undefined, wish: TransportWish): string | null {
  if (wish.mode === 'webrtc') return 'the page wants WebRTC only';
  if (media === undefined) return 'this platform has none';
  if (!isSocketUrl(url)) return 'the server offers none';
  return media.unavailable();
}

/** One connection: a peer over WebRTC, beside which a WebSocket may come and take its place. */
class RacingLink implements PeerLink {
  readonly #platform: Platform;
  readonly #handlers: PeerLinkHandlers;
  readonly #wish: TransportWish;
  readonly #memory: { socketWon: boolean };
  readonly #webrtc: PeerLink;
  /** The link in use: WebRTC's until the WebSocket has won. */
  #link: PeerLink;
  #race: RaceState = initialRace(false);
  #port: SocketPort | null = null;
  #url = '';
  #why = '';
  /** WebRTC's trouble is told at the end of the race only: a WebSocket may win, or there is something to say of it. */
  #holdsBack = false;
  #timers: Cancel[] = [];
  #closed = false;

  constructor(platform: Platform, handlers: PeerLinkHandlers, wish: TransportWish, memory: { socketWon: boolean }) {
    this.#platform = platform;
    this.#handlers = handlers;
    this.#wish = wish;
    this.#memory = memory;
    this.#webrtc = createPeerLink(platform, this.#webrtcHandlers());
    this.#link = this.#webrtc;
  }

  get ack() {
    return this.#link.ack;
  }
  createOffer = () => this.#webrtc.createOffer();
  renegotiate = (offerSdp: string) => this.#link.renegotiate(offerSdp);
  getStats = () => this.#link.getStats();
  send: PeerLink['send'] = (label, message) => this.#link.send(label, message);
  openCursorChannel = () => this.#link.openCursorChannel();
  closeCursorChannel = () => this.#link.closeCursorChannel();

  async applyAnswer(sdp: string, socketUrl?: string): Promise<void> {
    const why = obstacle(this.#platform.mediaSocket, socketUrl, this.#wish);
    this.#race = initialRace(why === null);
    this.#why = why ?? '';
    this.#holdsBack = why === null || (isSocketUrl(socketUrl) && this.#wish.mode !== 'webrtc');
    this.#url = socketUrl ?? '';
    if (this.#wish.mode === 'websocket' && why === null) return this.#step({ type: 'webrtc-failed' });
    if (this.#wish.mode === 'websocket') this.#platform.log(`no WebSocket: ${why}`);
    const usualMs = this.#memory.socketWon ? clientLimits.socketAgainDelayMs : clientLimits.socketDelayMs;
    this.#after(this.#wish.socketDelayMs ?? usualMs, { type: 'socket-due' });
    this.#after(clientLimits.socketLateDelayMs, { type: 'socket-overdue' });
    await this.#webrtc.applyAnswer(sdp);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTimers();
    this.#link.close();
    this.#webrtc.close();
    this.#port?.close();
  }

  #after(delayMs: number, event: RaceEvent): void {
    this.#timers.push(this.#platform.setTimeout(() => this.#step(event), delayMs));
  }

  #stopTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
  }

  #webrtcHandlers(): PeerLinkHandlers {
    const handlers = this.#handlers;
    const isInUse = () => this.#race.winner !== 'socket';
    const isTold = () => this.#race.winner === 'webrtc' || !this.#holdsBack;
    return {
      onTrack: (kind) => isInUse() && handlers.onTrack(kind),
      onIceState: (state) => {
        this.#step({ type: 'ice', state });
        if (isTold() || (isInUse() && state === 'connected')) handlers.onIceState(state);
      },
      onConnectionState: (state) => {
        if (state === 'connected') this.#step({ type: 'webrtc-connected' });
        if (state === 'failed') this.#step({ type: 'webrtc-failed' });
        if (isTold()) handlers.onConnectionState(state);
      },
      onChannelOpen: (label) => {
        // The same news, for browsers that do not tell the connection's state.
        this.#step({ type: 'webrtc-connected' });
        if (isInUse()) handlers.onChannelOpen(label);
      },
      onChannelClosed: (label) => isInUse() && handlers.onChannelClosed(label),
      onMessage: (label, fields) => isInUse() && handlers.onMessage(label, fields),
    };
  }

  #step(event: RaceEvent): void {
    if (this.#closed) return;
    const { state, effects } = stepRace(this.#race, event);
    this.#race = state;
    if (state.winner === 'webrtc') this.#memory.socketWon = false;
    if (state.winner !== null) this.#stopTimers();
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: RaceEffect): void {
    switch (effect) {
      case 'open-socket':
        this.#openSocket();
        return;
      case 'close-socket':
        this.#port?.close();
        this.#port = null;
        return;
      case 'use-socket':
        this.#useSocket();
        return;
      case 'lost':
        if (this.#holdsBack) this.#tellLost();
        return;
      default:
        assertNever(effect, 'race effect');
    }
  }

  #tellLost(): void {
    this.#handlers.onConnectionState('failed', `WebRTC does not connect, nor does a WebSocket: ${this.#why}`);
  }

  #openSocket(): void {
    const media = this.#platform.mediaSocket;
    if (media === undefined) return;
    this.#port = createSocketPort(media, this.#url, {
      onPicture: () => this.#step({ type: 'socket-picture' }),
      onFailed: (message) => {
        this.#why = message;
        this.#platform.log(message);
        // Not from within the step that opens it.
        void Promise.resolve().then(() => this.#step({ type: 'socket-failed' }));
      },
    });
  }

  #useSocket(): void {
    const port = this.#port;
    if (port === null) return;
    this.#memory.socketWon = true;
    this.#webrtc.close();
    const createPeer: Platform['createPeer'] = (handlers) => {
      port.use(handlers);
      return port;
    };
    this.#link = createPeerLink({ ...this.#platform, createPeer }, this.#handlers);
  }
}

/** Makes the links of one session after another; remembers how the last one was decided. */
export function createLinkFactory(platform: Platform): LinkFactory {
  const memory = { socketWon: false };
  return (handlers, wish) => new RacingLink(platform, handlers, wish, memory);
}
