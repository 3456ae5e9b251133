import { assertNever, type ClientSession } from '@cloudstage/protocol';
import type { AckResult } from '../channels/ack-client.js';
import type { Fields } from '../channels/inbound.js';
import type { RemoteScreen } from '../channels/screen-state.js';
import { announcedMode, wantsImages } from '../cursor/cursor-state.js';
import { clientLimits } from '../limits.js';
import type { Cancel, Platform } from '../platform.js';
import { parseNetworkScript } from '../stats/network-events.js';
import type { AccessInfo } from './access-info.js';
import { createCodecFallback } from './codec-fallback.js';
import { linkHandlers } from './link-handlers.js';
import { type LatencyStats, Measurements, type PresentedFrame } from './measurements.js';
import { createMessageReader, type MessageReader, type SessionFacts } from './message-reader.js';
import type { SessionNotification } from './notifications.js';
import type { PeerLink } from './peer-link.js';
import { createLinkFactory, type LinkFactory } from './racing-link.js';
import { requestServerSession } from './reconnect-request.js';
import { decodeServerSession, encodeClientSession, type ServerSessionFields } from './session-codec.js';
import type { SessionInit } from './session-init.js';
import { stepSession } from './session-machine.js';
import {
  initialSessionState,
  isBusy,
  needsClock,
  type SessionEffect,
  type SessionEvent,
  type SessionPhase,
} from './session-state.js';
import { createStatisticsTicker, type StatisticsTicker } from './statistics-ticker.js';

/** One client session, born DISCONNECTED. Events during effects wait: a page may call anything from any callback. */
export class ClientSessionController {
  readonly #platform: Platform;
  readonly #notify: (notification: SessionNotification) => void;
  readonly #reader: MessageReader;
  readonly #ticker: StatisticsTicker;
  readonly #createLink: LinkFactory;
  readonly #queue: SessionEvent[] = [];
  #performing = false;
  #state = initialSessionState();
  readonly #fallback = createCodecFallback();
  #init: SessionInit | null = null;
  #link: PeerLink | null = null;
  #description: ClientSession | null = null;
  #session: ServerSessionFields = {};
  #access: AccessInfo | null = null;
  #token = '';
  #screen: RemoteScreen | null = null;
  #measurements: Measurements;
  #firstFrameSeen = false;
  #stopClock: Cancel | null = null;

  constructor(platform: Platform, notify: (notification: SessionNotification) => void) {
    this.#platform = platform;
    this.#notify = notify;
    this.#createLink = createLinkFactory(platform);
    this.#measurements = new Measurements(platform.nowMs(), '');
    this.#ticker = createStatisticsTicker({
      platform,
      notify,
      link: () => this.#link,
      measurements: () => this.#measurements,
      interval: () => this.#init?.statsInterval ?? 1,
      onMedia: () => this.#dispatch({ type: 'activity', generation: this.#state.generation, heartbeat: false }),
      onVideo: (video) => void (this.#fallback.failed(video, this.#init, this.#access) && this.reconnect()),
    });
    this.#reader = createMessageReader({
      nowMs: () => platform.nowMs(),
      notify,
      measurements: () => this.#measurements,
      screen: () => this.#screen,
      userId: () => this.#session.user_id ?? '',
      keep: (facts) => this.#keep(facts),
      dispatch: (event) => this.#dispatch({ ...event, generation: this.#state.generation }),
      renegotiate: (sdp) => void this.#link?.renegotiate(sdp),
    });
  }

  /** DISCONNECTED, CONNECTING, or ESTABLISHED. */
  get phase(): SessionPhase {
    return this.#state.phase;
  }
  /** A connection is up or being set up; `init` would be refused. */
  get busy(): boolean {
    return isBusy(this.#state);
  }
  /** Remote screen of the last `km` message; null before the first. */
  get screen(): RemoteScreen | null {
    return this.#screen;
  }
  /** The last ServerSession with later updates merged in; empty before the first. */
  get serverSession(): ServerSessionFields {
    return this.#session;
  }
  /** Encoded ClientSession of the current offer; '' when there is none. */
  get clientSession(): string {
    return this.#description === null ? '' : encodeClientSession(this.#description);
  }

  /** Makes a new peer and offer; refused while busy. */
  init(options: SessionInit): void {
    if (!this.busy) {
      this.#init = options;
      this.#fallback.reset();
    }
    this.#dispatch({ type: 'init', settings: options.settings });
  }

  /** Connects with a ServerSession for the current offer. */
  start(serverSession: string): void {
    this.#dispatch({ type: 'start', outcome: decodeServerSession(serverSession) });
  }

  /** Ends the connection and any reconnecting. */
  destroy(code: number, message: string): void {
    this.#dispatch({ type: 'destroy', code, message });
  }

  /** Makes a new connection to the same session now. */
  reconnect(): void {
    this.#dispatch({ type: 'reconnect' });
  }
  /** Addresses for reconnecting without the page. */
  setAccess(access: AccessInfo | null): void {
    this.#access = access;
  }
  /** Sends input on `km`; counts as the user's action. */
  sendInput(message: object): void {
    if (this.#link?.send('km', message) !== true) return;
    this.#measurements.input(message, this.#platform.nowMs());
    this.#notify({ type: 'trace', channel: 'km', direction: 'out', message });
    this.#dispatch({ type: 'user-action' });
  }

  /** Sends a request on `ack`. Never rejects. `keys_clean` does not count as the user's action. */
  request(data: Fields): Promise<AckResult> {
    if (this.#link === null) return Promise.resolve({ code: 1, msg: 'not connected' });
    if (data.type !== 'keys_clean') this.#dispatch({ type: 'user-action' });
    this.#notify({ type: 'trace', channel: 'ack', direction: 'out', message: data });
    return this.#link.ack.request(data);
  }

  /** Announces a cursor mode and opens or closes the channel for images. */
  setCursorMode(mode: number): Promise<AckResult> {
    if (wantsImages(mode)) this.#link?.openCursorChannel();
    else this.#link?.closeCursorChannel();
    return this.request({ type: 'set_cursor', show: announcedMode(mode) });
  }

  /** The program plays, or the page has paused its stream. */
  setPlaying(playing: boolean): void {
    this.#dispatch({ type: 'game-status', playing });
  }

  /** The picture's metadata is known. */
  mediaReady(): void {
    this.#dispatch({ type: 'media-ready', generation: this.#state.generation });
  }

  /** A frame was presented. */
  framePresented(frame: PresentedFrame): void {
    this.#measurements.frame(frame);
    if (!this.#firstFrameSeen && this.#state.started) {
      this.#firstFrameSeen = true;
      const durationMs = this.#platform.nowMs() - this.#measurements.startedAtMs;
      this.#measurements.setCosts({ firstFrameMs: durationMs });
      this.#notify({ type: 'first-frame', durationMs });
    }
    this.#dispatch({ type: 'activity', generation: this.#state.generation, heartbeat: false });
  }

  /** Capture→present latency; null until it is known. */
  latency(): LatencyStats | null {
    return this.#measurements.latency();
  }

  #keep({ screen, token, seat }: SessionFacts): void {
    this.#screen = screen ?? this.#screen;
    this.#token = token ?? this.#token;
    if (seat !== undefined) this.#session = { ...this.#session, input_seat: seat };
  }

  #dispatch(event: SessionEvent): void {
    this.#queue.push(event);
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#performing = false;
    }
  }

  #step(event: SessionEvent): void {
    const step = stepSession(this.#state, event, this.#platform.nowMs());
    this.#state = step.state;
    if (needsClock(this.#state)) {
      this.#stopClock ??= this.#platform.setInterval(() => this.#dispatch({ type: 'poll' }), clientLimits.pollMs);
    } else {
      this.#stopClock?.();
      this.#stopClock = null;
    }
    for (const effect of step.effects) this.#perform(effect);
  }

  #perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'create-peer':
        void this.#openPeer(effect.generation);
        return;
      case 'close-peer':
        this.#link?.close();
        this.#link = null;
        this.#description = null;
        this.#notify({ type: 'peer-closed' });
        return;
      case 'apply-answer':
        void this.#applyAnswer(effect.generation, effect.session);
        return;
      case 'request-session':
        void this.#requestSession(effect.generation);
        return;
      case 'tick':
        void this.#ticker.tick();
        return;
      case 'init-result':
        this.#notify({ ...effect, description: this.#description });
        return;
      case 'established':
        this.#measurements.setCosts({ loadMs: this.#platform.nowMs() - this.#measurements.startedAtMs });
        this.#notify({ type: 'established', session: this.#session });
        return;
      case 'disconnect':
        // Only a lost connection may be taken up again with this token.
        if (effect.code >= 0) this.#token = '';
        this.#notify(effect);
        return;
      case 'connect-fail':
      case 'status':
      case 'noflow':
      case 'idle':
      case 'ice-state':
        this.#notify(effect);
        return;
      default:
        assertNever(effect, 'session effect');
    }
  }

  async #openPeer(generation: number): Promise<void> {
    let link: PeerLink | null = null;
    try {
      link = this.#createLink(
        linkHandlers(generation, (next) => this.#dispatch(next), this.#reader),
        this.#init?.transport ?? {},
      );
      this.#link = link;
      const sdp = await link.createOffer();
      if (this.#link !== link || this.#init === null) return;
      this.#description = this.#fallback.describe(sdp, this.#init.description);
      this.#dispatch({ type: 'offer-ready', generation });
    } catch (error) {
      const noWebrtc = link === null;
      this.#dispatch({ type: 'offer-failed', generation, message: `create offer is failed: ${error}`, noWebrtc });
    }
  }

  async #applyAnswer(generation: number, session: ServerSessionFields): Promise<void> {
    this.#session = session;
    [this.#screen, this.#firstFrameSeen] = [null, false];
    this.#measurements = new Measurements(this.#platform.nowMs(), session.user_id ?? '');
    this.#measurements.setThresholds(parseNetworkScript(session.feature_switch?.network_event_script));
    this.#notify({ type: 'server-session', session });
    const code = Number(session.code ?? 0);
    try {
      await this.#link?.applyAnswer(session.sdp ?? '', session.media_socket_url);
      this.#dispatch({ type: 'answer-applied', generation, code, message: session.message ?? '' });
    } catch (error) {
      this.#dispatch({ type: 'answer-failed', generation, code, message: String(error) });
    }
  }

  async #requestSession(generation: number): Promise<void> {
    const description = this.#description;
    if (description === null) return;
    const outcome = await requestServerSession(this.#platform, {
      clientSession: encodeClientSession(description),
      description,
      session: this.#session,
      token: this.#token,
      access: this.#access,
      pageRequest: this.#init?.requestServerSession ?? null,
    });
    this.#dispatch({ type: 'reconnect-outcome', generation, outcome });
  }
}
