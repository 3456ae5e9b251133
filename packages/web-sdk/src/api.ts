import type { EventMap, EventName, LatencyStatsResponse, ScreenConfigResponse } from './api-events.js';
import type { AccessTokenOptions, DebugSetting, InitOptions, StreamProfileOptions } from './api-options.js';

/** Outcome of a request to the server; `code` 1 when it did not answer. */
export interface RequestResult {
  readonly code: number;
  readonly msg?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Handler of an event. */
export type EventHandler<T extends EventName> = (response: EventMap[T]) => void;

/** Life cycle. */
export interface LifecycleApi {
  readonly version: string;
  init(options: InitOptions): void;
  getInitOptions(): InitOptions | null;
  /** ClientSession of the current offer; '' before InitSuccess and after the connection ended. */
  getClientSession(): string;
  start(serverSession: string): void;
  setAccessToken(access: AccessTokenOptions): void;
  destroy(params?: { readonly message?: string; readonly code?: number }): void;
  reconnect(): void;
  getRequestId(): string;
  getServerSession(): Readonly<Record<string, unknown>>;
  getGameConfig(): Readonly<Record<string, unknown>> | undefined;
  getRemoteScreenConfig(): ScreenConfigResponse;
  isMobile(): boolean;
  /** Cloudstage extension. Null until frames were measured. */
  getLatencyStats(): LatencyStatsResponse | null;
  setDebugMode(setting: DebugSetting): void;
  setLogHandler(handler: (line: string) => void): void;
  gameRestart(): void;
  gamePause(params?: { readonly media?: 'audio' | 'video' }): void;
  gameResume(params?: { readonly media?: 'audio' | 'video' }): void;
  on<T extends EventName>(type: T, handler: EventHandler<T>): number;
  once<T extends EventName>(type: T, handler: EventHandler<T>): number;
  off<T extends EventName>(type: T, handler: EventHandler<T> | number): void;
  offAll(type: EventName): void;
  clear(): void;
  trigger<T extends EventName>(type: T, response: EventMap[T]): void;
}

/** Keyboard, mouse, gamepad, touch. */
export interface InputApi {
  setKMStatus(status: { readonly keyboard?: boolean; readonly mouse?: boolean }): void;
  setKeyboardBanList(params: { readonly keyList: readonly number[] }): void;
  sendKeyboardEvent(event: {
    readonly key: number;
    readonly down: boolean;
    readonly location?: number;
    readonly code?: string;
  }): void;
  sendMouseEvent(event: {
    readonly type: string;
    readonly down?: boolean;
    readonly delta?: number;
    readonly x?: number;
    readonly y?: number;
  }): void;
  /** A finger moves the pointer; `type` is that of a touch event, positions are page coordinates. */
  mouseMove(identifier: number, type: string, pageX: number, pageY: number): void;
  mobileTouchMove(event: {
    readonly finger_id: number;
    readonly event_type: 0 | 1 | 2;
    readonly x: number;
    readonly y: number;
  }): void;
  sendGamepadEvent(event: {
    readonly type: string;
    readonly down?: boolean;
    readonly key?: number | string;
    readonly x?: number;
    readonly y?: number;
  }): void;
  sendRawEvent(event: Readonly<Record<string, unknown>>): void;
  sendSeqRawEvents(events: readonly Readonly<Record<string, unknown>>[]): void;
  sendKmData(message: Readonly<Record<string, unknown>>): void;
  /** 0.01–100. */
  setMoveSensitivity(value: number): void;
  getMoveSensitivity(): number;
  clearRemoteKeys(): void;
  resetRemoteCapsLock(): void;
  sendText(content: string, callback?: (result: RequestResult) => void): void;
  setPaste(enabled: boolean): void;
  setClientInteractMode(mode: 'cursor' | 'touch'): void;
}

/** Cursor. */
export interface CursorApi {
  setRemoteCursor(mode: number): void;
  setRemoteCursorStyle(style: string): void;
  setCursorState(state: 'forceShow' | 'forceLock' | 'auto'): void;
  setCursorShowStat(show: boolean): void;
  getCursorShowStat(): boolean;
  setMouseCanLock(allowed: boolean): void;
  lockMouse(locked: boolean): void;
  setDefaultCursorImage(url: string): void;
  /** 0.1–10. */
  setMobileCursorScale(scale: number): void;
}

/** Resolution, layout, playback. */
export interface ViewApi {
  setRemoteDesktopResolution(size: {
    readonly width: number;
    readonly height: number;
  }): Promise<{ readonly code: number }>;
  setStreamProfile(profile: StreamProfileOptions, callback?: (result: RequestResult) => void): void;
  getRemoteStreamResolution(): { readonly width: number; readonly height: number };
  getPageSize(): { readonly width: number; readonly height: number };
  getPageOrientation(): 'portrait' | 'landscape';
  getDisplayRect(): {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
    readonly pixelRatio: number;
  };
  reshapeWindow(): void;
  setFullscreen(fullscreen: boolean, element?: HTMLElement): void;
  getFullscreen(): boolean;
  setPageBackground(url: string): void;
  screenShot(params?: { readonly name?: string; readonly width?: number; readonly height?: number }): void;
  setVideoVolume(value: number): void;
  getVideoVolume(): number;
  setAudioVolume(value: number): void;
  getAudioVolume(): number;
  playVideo(status: 'play' | 'pause'): Promise<void>;
  playAudio(status: 'play' | 'pause'): Promise<void>;
  getVideoElement(): HTMLVideoElement | null;
  getAudioElement(): HTMLAudioElement | null;
}

/** The SDK. All methods are bound: they may be passed around. */
export interface TcgSdk extends LifecycleApi, InputApi, CursorApi, ViewApi {}
