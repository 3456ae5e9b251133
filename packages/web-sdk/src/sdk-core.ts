import {
  ClientSessionController,
  clientLimits,
  isMobileDevice,
  parseAccessInfo,
  type RotatedScreenConfig,
  readSdkSettings,
  rotateScreenConfig,
  type SessionNotification,
  type SessionSettings,
} from '@cloudstage/client-core';
import { limits } from '@cloudstage/protocol';
import type { EventMap, EventName, EventResponse } from './api-events.js';
import type { AccessTokenOptions, InitOptions } from './api-options.js';
import { createBrowserPlatform } from './browser-platform.js';
import { callbackNames } from './callbacks.js';
import { CursorView } from './dom/cursor-view.js';
import { Playback } from './dom/playback.js';
import { View } from './dom/view.js';
import { Emitter, guard } from './emitter.js';
import { attachInput } from './input/dom-input.js';
import { defaultInputSettings, type InputSettings } from './input/input-context.js';
import { Microphone } from './microphone.js';
import { routeNotification } from './notification-router.js';
import { SdkLog } from './sdk-log.js';
import { canSpeakOnSocket } from './stream/socket-voice.js';

/** Characters of one `paste` message: in UTF-8 and JSON they stay below the channel's message size. */
const pasteChunkChars = 32_768;

/** Text in pieces that do not split a surrogate pair, at most as long as servers accept. PURE. */
export function chunkText(text: string, chunkChars = pasteChunkChars): readonly string[] {
  const chunks: string[] = [];
  const end = Math.min(text.length, limits.pasteChars);
  for (let start = 0; start < end; ) {
    let stop = Math.min(start + chunkChars, end);
    const last = text.charCodeAt(stop - 1);
    if (last >= 0xd800 && last <= 0xdbff && stop - start > 1) stop -= 1;
    chunks.push(text.slice(start, stop));
    start = stop;
  }
  return chunks;
}

/** One SDK: the session, its view, and what the page has set. The API methods are thin covers of it. */
export class SdkCore {
  readonly emitter = new Emitter();
  readonly log = new SdkLog();
  readonly settings: InputSettings = defaultInputSettings();
  readonly session: ClientSessionController;
  readonly microphone: Microphone;
  readonly mobile = isMobileDevice(navigator.userAgent, navigator.platform, navigator.maxTouchPoints);
  options: InitOptions | null = null;
  view: View | null = null;
  cursor: CursorView | null = null;
  playback: Playback | null = null;
  screenConfig: RotatedScreenConfig = rotateScreenConfig({});
  /** Mode that the page has chosen; null for the configured one. */
  #chosenCursorMode: number | null = null;
  #startedAtMs = 0;
  #page = new AbortController();
  #connection = new AbortController();

  constructor() {
    const platform = createBrowserPlatform({
      onTrack: (track, keepsTime) => this.view?.attach(track, keepsTime),
      hasPicture: () => (this.view?.elements.video.readyState ?? 0) >= HTMLMediaElement.HAVE_CURRENT_DATA,
      onVoiceFailed: (error) => this.microphone.fail(error),
      log: (message) => this.log.write(message),
    });
    this.session = new ClientSessionController(platform, (notification) => this.#onNotification(notification));
    this.microphone = new Microphone({
      send: platform.voice.send,
      tell: (status) => void this.session.request({ type: 'switch_mic', status }),
      onChange: (change) => this.trigger('GetUserMediaStatusChange', { type: 'mic', ...change }),
    });
  }

  /** Begins anew: view, cursor, peer. While connected, it only reports −2. @throws AppError `mount-missing`. */
  init(options: InitOptions): void {
    if (!this.session.busy) this.#prepare(options);
    this.session.init({
      description: {
        platform: this.mobile ? 'mobile' : 'pc',
        userAgent: navigator.userAgent,
        remoteDesktopResolution: options.remoteDesktopResolution ?? null,
        ...(options.streaming?.videoCodecList ? { videoCodecList: options.streaming.videoCodecList } : {}),
        ...(options.streaming?.streamName ? { streamName: options.streaming.streamName } : {}),
        ...(options.streamProfile ? { streamProfile: options.streamProfile } : {}),
        ...(options.userId === undefined ? {} : { userId: options.userId }),
        speaksOnSocket: canSpeakOnSocket(),
      },
      settings: this.#sessionSettings(options),
      statsInterval: options.statsInterval ?? 1,
      requestServerSession: options.onReconnectRequest ?? null,
      transport: {
        ...(options.streaming?.mode === undefined ? {} : { mode: options.streaming.mode }),
        ...(options.streaming?.socketDelayMs === undefined ? {} : { socketDelayMs: options.streaming.socketDelayMs }),
      },
    });
  }

  setAccess({ token, accessInfo }: AccessTokenOptions): void {
    this.session.setAccess(parseAccessInfo(token, accessInfo));
  }

  /** Tells the page: init callback first, then the handlers of `on`. */
  trigger<T extends EventName>(type: T, response: EventMap[T]): void {
    const callback = this.options?.[callbackNames[type]] as ((response: EventMap[T]) => void) | undefined;
    if (callback !== undefined) guard(() => callback(response));
    this.emitter.trigger(type, response);
  }

  event(event: EventResponse): void {
    this.trigger('Event', event);
  }

  setCursorMode(mode: number): void {
    this.#chosenCursorMode = mode;
    this.cursor?.update({ mode });
    void this.session.setCursorMode(mode);
  }

  /** Inserts text at the server's focus. Resolves with the answer to its last piece. */
  async sendText(content: string): ReturnType<ClientSessionController['request']> {
    const answers = await Promise.all(
      chunkText(content).map((chunk) => this.session.request({ type: 'paste', content: chunk })),
    );
    return answers[answers.length - 1] ?? { code: 0, msg: 'nothing to send', data: {} };
  }

  /** Milliseconds since the last start. */
  sinceStartMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  /** Reconnects by itself after a loss. */
  get reconnects(): boolean {
    return this.options?.reconnect ?? true;
  }

  /** The last picture stays when the connection ends. */
  get keepsLastFrame(): boolean {
    return this.options?.keepLastFrame ?? readSdkSettings(this.session.serverSession).keepLastFrame ?? false;
  }

  /** A ServerSession is about to be applied. */
  beginConnecting(): void {
    const { view, options } = this;
    this.#startedAtMs = performance.now();
    this.screenConfig = rotateScreenConfig(this.session.serverSession.screen_config ?? {});
    this.playback?.close();
    if (view === null || options === null) return;
    this.playback = new Playback({
      view,
      session: this.session,
      clickBodyToPlay: options.clickBodyToPlay ?? true,
      emit: (event) => this.event(event),
      sinceStartMs: () => this.sinceStartMs(),
    });
  }

  /** The connection is up: picture, input, cursor, then the page. */
  establish(): void {
    const { view, cursor, options, session } = this;
    if (view === null || cursor === null || options === null) return;
    const server = readSdkSettings(session.serverSession);
    view.setState('playing');
    if (options.autoFocusVideo === true) view.elements.video.focus();
    this.event({ type: 'first_frame_received', data: {} });
    this.playback?.begin();
    this.settings.webDraftLevel = options.webDraftLevel ?? server.webDraftLevel ?? 0;
    this.#connection.abort();
    this.#connection = new AbortController();
    attachInput({
      options,
      settings: this.settings,
      view,
      session,
      cursor,
      mobile: this.mobile,
      mac: /Mac/.test(navigator.userAgent),
      signal: this.#connection.signal,
      emit: (event) => this.event(event),
      trigger: (type, response) => this.trigger(type, response),
      sendText: (content) => void this.sendText(content),
    });
    if (server.cursorScale !== null) cursor.setScale(server.cursorScale);
    if (server.cursorStyle !== null) void session.request({ type: 'set_pointer_style', style: server.cursorStyle });
    if (!options.bgImgUrl && server.backgroundUrl !== null) view.setBackground(server.backgroundUrl);
    const mode = this.#chosenCursorMode ?? options.cursorMode ?? server.cursorMode ?? 0;
    cursor.update({
      mode,
      mobileShowCursor: server.mobileShowCursor ?? true,
      ...(options.defaultCursorImgUrl ? {} : { defaultImageUrl: server.defaultCursorUrl }),
    });
    void session.setCursorMode(mode);
    this.trigger('ConfigurationChange', { screen_config: this.screenConfig });
    const { input_seat: seat_index, role } = session.serverSession;
    this.trigger('ConnectSuccess', { code: 0, seat_index, role });
  }

  /** The peer is closed: no input, no sound; the last picture stays until it is known whether another comes. */
  releaseConnection(): void {
    this.#connection.abort();
    this.playback?.close();
    this.cursor?.release();
    this.view?.detach(true);
  }

  #prepare(options: InitOptions): void {
    this.#page.abort();
    this.cursor?.close();
    this.playback?.close();
    this.view?.close();
    this.#page = new AbortController();
    this.options = options;
    if (options.onLog !== undefined) this.log.setHandler(options.onLog);
    this.log.configure(options.debugSetting ?? {});
    this.settings.paste = options.enablePaste ?? true;
    this.settings.interact = options.clientInteractMode ?? 'cursor';
    this.#chosenCursorMode = null;
    const view = new View(options, () => this.session.screen);
    this.view = view;
    view.showStats(options.debugSetting?.showStats ?? false);
    this.cursor = new CursorView(
      {
        view,
        session: this.session,
        emit: (event) => this.event(event),
        onShowStatChange: (change) => this.trigger('CursorShowStatChange', change),
      },
      {
        mobile: this.mobile,
        interact: this.settings.interact,
        force: options.forceShowCursor === true ? 'forceShow' : 'auto',
        defaultImageUrl: options.defaultCursorImgUrl ?? null,
      },
    );
    if (options.accessToken) this.setAccess(options.accessToken);
    if (options.mic) void this.microphone.switch('open', options.mic === true ? undefined : options.mic);
    const portrait = window.matchMedia('(orientation: portrait)');
    const tell = () => this.trigger('OrientationChange', { type: portrait.matches ? 'portrait' : 'landscape' });
    portrait.addEventListener('change', tell, { signal: this.#page.signal });
  }

  #sessionSettings(options: InitOptions): SessionSettings {
    const idleS = options.idleThreshold ?? clientLimits.idleThresholdS;
    return {
      reconnect: options.reconnect ?? true,
      idleThresholdMs: (idleS > 0 ? idleS : clientLimits.idleThresholdS) * 1000,
      connectTimeoutTicks: clientLimits.connectTimeoutTicks,
      noflowTicks: clientLimits.noflowTicks,
    };
  }

  #onNotification(notification: SessionNotification): void {
    if (notification.type !== 'trace' && notification.type !== 'stats') {
      this.log.write(notification.type === 'server-session' ? 'server-session' : describe(notification));
    }
    routeNotification(this, notification);
  }
}

/** One line about a notification, without session texts, which hold addresses and tokens. */
function describe(notification: SessionNotification): string {
  const { type, ...rest } = notification as {
    readonly type: string;
    readonly code?: unknown;
    readonly message?: unknown;
  };
  return `${type}${rest.code === undefined ? '' : ` code=${String(rest.code)}`}${rest.message === undefined ? '' : ` ${String(rest.message)}`}`;
}
