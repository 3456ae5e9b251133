import { limits } from './limits.js';
import type { FailureReason } from './page-state.js';
import type { CodeMessage, Sdk, SdkEvent, SdkTouch } from './sdk.js';

/** What the page shows besides its state. */
export interface PlayerEvents {
  /** `webrtc_stats` and `media_stats` of the SDK. */
  onStats(type: string, data: Readonly<Record<string, unknown>>): void;
  /** The browser wants a click before it plays sound. */
  onSoundBlocked(): void;
}

/** A step that did not work. */
export interface StepFailure {
  readonly type: 'failed';
  readonly reason: FailureReason;
  readonly detail: string;
}

/** How showing the picture went; `disconnected` resolves with the code of `onDisconnect` when it ends later. */
export type ShowOutcome =
  | { readonly type: 'shown'; readonly disconnected: Promise<number> }
  | { readonly type: 'disconnected'; readonly code: number }
  | StepFailure;

/** The SDK is ready to connect. */
export interface ReadyConnection {
  readonly type: 'ready';
  readonly clientSession: string;
  /** Connects; resolves at the first picture. */
  show(serverSession: string): Promise<ShowOutcome>;
}

/** Options of {@link prepareConnection}. */
export interface ConnectionOptions {
  readonly sdk: Sdk;
  readonly mountId: string;
  readonly userId: string;
  readonly events: PlayerEvents;
  readonly signal: AbortSignal;
}

/**
 * Initialises the SDK for one connection and wraps its callbacks into promises. The SDK may be initialised again after
 * `onDisconnect`; callbacks of an earlier connection then change nothing.
 */
export async function prepareConnection(options: ConnectionOptions): Promise<ReadyConnection | StepFailure> {
  const { sdk, events, signal } = options;
  const ready = deferred<CodeMessage>();
  const shown = deferred<ShowOutcome>();
  const disconnected = deferred<number>();
  let connected = false;
  let pictured = false;

  const tryShown = (): void => {
    if (connected && pictured) shown.resolve({ type: 'shown', disconnected: disconnected.promise });
  };
  const onEvent = (event: SdkEvent): void => {
    if (signal.aborted) return;
    if (event.type === 'first_frame') {
      pictured = true;
      tryShown();
    } else if (event.type === 'webrtc_stats' || event.type === 'media_stats') {
      events.onStats(event.type, event.data ?? {});
    } else if (event.type === 'autoplay' && Number(event.data?.code) < 0) {
      events.onSoundBlocked();
    }
  };

  sdk.init({
    mount: options.mountId,
    appid: 0,
    userId: options.userId,
    reconnect: false,
    showLoading: false,
    autoFocusVideo: true,
    onInitSuccess: ready.resolve,
    onConnectSuccess: () => {
      connected = true;
      tryShown();
    },
    onConnectFail: (result) => shown.resolve(failed('connect-failed', result)),
    onWebrtcStatusChange: (result) => {
      if (result.code === 255) ready.resolve(result);
      else if (result.code !== 0) shown.resolve(failed('connect-failed', result));
    },
    onDisconnect: ({ code }) => {
      shown.resolve({ type: 'disconnected', code });
      disconnected.resolve(code);
    },
    onEvent,
    onTouchEvent: (touches) => pointWithFinger(sdk, touches),
  });

  const result = await within(ready.promise, limits.initMs, { code: -1, msg: 'init' });
  if (result.code !== 0) return failed('no-webrtc', result);
  return {
    type: 'ready',
    clientSession: sdk.getClientSession(),
    show: (serverSession) => {
      sdk.start(serverSession);
      return within(shown.promise, limits.firstPictureMs, { type: 'failed', reason: 'no-picture', detail: '' });
    },
  };
}

/** The first finger is the mouse: it moves it, and holds its left button while it touches. */
function pointWithFinger(sdk: Sdk, touches: readonly SdkTouch[]): void {
  const [touch] = touches;
  if (touch === undefined || touches.length > 1) return;
  sdk.mouseMove(touch.id, touch.type, touch.pageX, touch.pageY);
  if (touch.type === 'touchstart') sdk.sendMouseEvent({ type: 'mouseleft', down: true });
  if (touch.type === 'touchend' || touch.type === 'touchcancel') sdk.sendMouseEvent({ type: 'mouseleft', down: false });
}

function failed(reason: FailureReason, { code, msg }: CodeMessage): StepFailure {
  return { type: 'failed', reason, detail: `${code} ${msg ?? ''}`.trim() };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  /** Later calls have no effect. */
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function within<T>(promise: Promise<T>, deadlineMs: number, late: T): Promise<T> {
  let timer = 0;
  const deadline = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), deadlineMs);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}
