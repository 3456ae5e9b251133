import type { EventMap, EventName, LatencyStatsResponse, ScreenConfigResponse } from './api-events.js';
import type { AccessTokenOptions, DebugSetting, InitOptions, MicProfile, StreamProfileOptions } from './api-options.js';

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
  /** Version of the SDK. */
  readonly version: string;
  /** Begins anew: builds the view, makes an offer, reports InitSuccess. Refused with −2 while connected. Throws when the mount does not exist. */
  init(options: InitOptions): void;
  /** Options of the last init. */
  getInitOptions(): InitOptions | null;
  /** ClientSession of the current offer; '' before InitSuccess and after the connection ended. */
  getClientSession(): string;
  /** Connects with the ServerSession that the backend got for the current ClientSession. */
  start(serverSession: string): void;
  /** Gives the SDK an address for reconnecting without the page. */
  setAccessToken(access: AccessTokenOptions): void;
  /** Ends the connection; Disconnected reports `code` (0). The session on the server lives on. */
  destroy(params?: { readonly message?: string; readonly code?: number }): void;
  /** Makes a new connection to the same session now. */
  reconnect(): void;
  /** Request id of the ServerSession; '' before start. */
  getRequestId(): string;
  /** The decoded ServerSession. */
  getServerSession(): Readonly<Record<string, unknown>>;
  /** `game_config` of the ServerSession. */
  getGameConfig(): Readonly<Record<string, unknown>> | undefined;
  /** Orientation of the remote screen. */
  getRemoteScreenConfig(): ScreenConfigResponse;
  /** Whether the device counts as mobile: then fingers are reported and the mouse is off. */
  isMobile(): boolean;
  /** Cloudstage extension. Null until frames were measured. */
  getLatencyStats(): LatencyStatsResponse | null;
  /** What is printed to the console; shows or hides the statistics panel. */
  setDebugMode(setting: DebugSetting): void;
  /** Gets every log line, also those that are not printed. */
  setLogHandler(handler: (line: string) => void): void;
  /** Restarts the program. */
  gameRestart(): void;
  /** Pauses one stream, or both. */
  gamePause(params?: { readonly media?: 'audio' | 'video' }): void;
  /** Resumes one stream, or both. */
  gameResume(params?: { readonly media?: 'audio' | 'video' }): void;
  /** Adds a handler and returns its index. */
  on<T extends EventName>(type: T, handler: EventHandler<T>): number;
  /** Adds a handler for the next event only. */
  once<T extends EventName>(type: T, handler: EventHandler<T>): number;
  /** Removes a handler by itself or by its index. */
  off<T extends EventName>(type: T, handler: EventHandler<T> | number): void;
  /** Removes every handler of one event. */
  offAll(type: EventName): void;
  /** Removes every handler. */
  clear(): void;
  /** Calls the handlers of an event as if it had happened. */
  trigger<T extends EventName>(type: T, response: EventMap[T]): void;
}

/** Keyboard, mouse, gamepad, touch. */
export interface InputApi {
  /** Switches the capture of the keyboard and of the mouse. */
  setKMStatus(status: { readonly keyboard?: boolean; readonly mouse?: boolean }): void;
  /** Key codes that are never sent. */
  setKeyboardBanList(params: { readonly keyList: readonly number[] }): void;
  /** Presses or releases a key by its key code. */
  sendKeyboardEvent(event: {
    readonly key: number;
    readonly down: boolean;
    readonly location?: number;
    readonly code?: string;
  }): void;
  /** Sends a button, a wheel movement (`delta` −1…1 are notches), or a movement. */
  sendMouseEvent(event: {
    readonly type: string;
    readonly down?: boolean;
    readonly delta?: number;
    readonly x?: number;
    readonly y?: number;
  }): void;
  /** A finger moves the pointer; `type` is that of a touch event, positions are page coordinates. */
  mouseMove(identifier: number, type: string, pageX: number, pageY: number): void;
  /** Sends a finger; positions in remote pixels, `event_type` 0 start, 1 move, 2 end. */
  mobileTouchMove(event: {
    readonly finger_id: number;
    readonly event_type: 0 | 1 | 2;
    readonly x: number;
    readonly y: number;
  }): void;
  /** Sends a gamepad message. */
  sendGamepadEvent(event: {
    readonly type: string;
    readonly down?: boolean;
    readonly key?: number | string;
    readonly x?: number;
    readonly y?: number;
  }): void;
  /** Sends an object: input by its type as input, anything else as a request. */
  sendRawEvent(event: Readonly<Record<string, unknown>>): void;
  /** Sends input that is to be carried out in order. */
  sendSeqRawEvents(events: readonly Readonly<Record<string, unknown>>[]): void;
  /** Sends any object as input. */
  sendKmData(message: Readonly<Record<string, unknown>>): void;
  /** 0.01–100. */
  setMoveSensitivity(value: number): void;
  /** Factor of relative movements. */
  getMoveSensitivity(): number;
  /** Releases everything that is pressed on the server. */
  clearRemoteKeys(): void;
  /** Switches CapsLock off on the server. */
  resetRemoteCapsLock(): void;
  /** Inserts text at the focus on the server. */
  sendText(content: string, callback?: (result: RequestResult) => void): void;
  /** Whether Ctrl/Cmd+V sends the local clipboard. */
  setPaste(enabled: boolean): void;
  /** Whether pointers are a mouse or fingers. */
  setClientInteractMode(mode: 'cursor' | 'touch'): void;
}

/** Cursor. */
export interface CursorApi {
  /** Cursor mode 0–5. */
  setRemoteCursor(mode: number): void;
  /** Pointer theme of the server: `standard` or `default_huge`. */
  setRemoteCursorStyle(style: string): void;
  /** Always show, always lock, or follow the program. */
  setCursorState(state: 'forceShow' | 'forceLock' | 'auto'): void;
  /** Shows or hides the cursor until the server says otherwise. */
  setCursorShowStat(show: boolean): void;
  /** Whether the cursor is shown. */
  getCursorShowStat(): boolean;
  /** Whether the pointer may be locked. */
  setMouseCanLock(allowed: boolean): void;
  /** Locks or releases the pointer; locking needs a gesture. */
  lockMouse(locked: boolean): void;
  /** Image for the local cursor; '' for the browser's own. */
  setDefaultCursorImage(url: string): void;
  /** 0.1–10. */
  setMobileCursorScale(scale: number): void;
}

/** Resolution, layout, playback. */
export interface ViewApi {
  /** Sets the size of the remote desktop; code 0 when done. */
  setRemoteDesktopResolution(size: {
    readonly width: number;
    readonly height: number;
  }): Promise<{ readonly code: number }>;
  /** Wishes frame rate, bitrates, and size of the stream. */
  setStreamProfile(profile: StreamProfileOptions, callback?: (result: RequestResult) => void): void;
  /** Size of the stream. */
  getRemoteStreamResolution(): { readonly width: number; readonly height: number };
  /** Size of the page, CSS pixels. */
  getPageSize(): { readonly width: number; readonly height: number };
  /** Orientation of the page. */
  getPageOrientation(): 'portrait' | 'landscape';
  /** Place of the picture on the page, CSS pixels. */
  getDisplayRect(): {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
    readonly pixelRatio: number;
  };
  /** Fits the picture to the mount again. */
  reshapeWindow(): void;
  /** Enters or leaves full screen; entering needs a gesture. */
  setFullscreen(fullscreen: boolean, element?: HTMLElement): void;
  /** Whether anything is shown full screen. */
  getFullscreen(): boolean;
  /** Background of the mount. */
  setPageBackground(url: string): void;
  /** Saves the picture as a PNG download. */
  screenShot(params?: { readonly name?: string; readonly width?: number; readonly height?: number }): void;
  /** 0–1. */
  setVideoVolume(value: number): void;
  /** 0–1. */
  getVideoVolume(): number;
  /** 0–1. */
  setAudioVolume(value: number): void;
  /** 0–1. */
  getAudioVolume(): number;
  /** Plays or pauses the picture on this page. */
  playVideo(status: 'play' | 'pause'): Promise<void>;
  /** Plays or pauses the sound on this page; playing may need a gesture. */
  playAudio(status: 'play' | 'pause'): Promise<void>;
  /** The element of the picture; null before init. */
  getVideoElement(): HTMLVideoElement | null;
  /** The element of the sound; null before init. */
  getAudioElement(): HTMLAudioElement | null;
}

/** The device's microphone. */
export interface MediaApi {
  /**
   * Opens or closes the microphone; the browser may ask the user. Needs a page of HTTPS or localhost. Code 1 when it did not work, with the name of
   * the error: `NotSupportedError` where the connection is a WebSocket and the browser cannot encode sound, or the server takes none.
   */
  switchMic(params: {
    readonly status: 'open' | 'close';
    readonly profile?: MicProfile;
  }): Promise<{ readonly code: number; readonly msg: string; readonly userMedia: MediaStream | null }>;
  /** How the microphone is recorded from now on. */
  setMicProfile(profile: MicProfile): Promise<void>;
  /** What is being sent; without tracks while the microphone is closed. */
  getUserMedia(): MediaStream;
  /** Microphones, cameras and speakers of the device; without names until the user has allowed one. */
  getDevices(): Promise<MediaDeviceInfo[]>;
}

/** The SDK. All methods are bound: they may be passed around. */
export interface TcgSdk extends LifecycleApi, InputApi, CursorApi, ViewApi, MediaApi {}
