/** The part of the `TCGSDK` global that this page uses. It is the official SDK's interface. */

/** Callbacks get a code and a text. */
export interface CodeMessage {
  readonly code: number;
  readonly msg?: string;
}

/** Payload of `onEvent`. */
export interface SdkEvent {
  readonly type: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** One finger of `onTouchEvent`. */
export interface SdkTouch {
  readonly id: number;
  readonly type: string;
  readonly pageX: number;
  readonly pageY: number;
}

/** Options of `init` that this page sets. */
export interface SdkOptions {
  /** Id of the element that becomes the picture; its content is replaced. */
  readonly mount: string;
  readonly appid: number;
  readonly userId: string;
  /** The page reconnects by itself, through its backend. */
  readonly reconnect: boolean;
  readonly showLoading: boolean;
  /** Keys go to the program without a click on the picture. */
  readonly autoFocusVideo: boolean;
  readonly onInitSuccess: (result: CodeMessage) => void;
  readonly onConnectSuccess: (result: CodeMessage) => void;
  readonly onConnectFail: (result: CodeMessage) => void;
  readonly onWebrtcStatusChange: (result: CodeMessage) => void;
  readonly onDisconnect: (result: CodeMessage) => void;
  readonly onEvent: (event: SdkEvent) => void;
  readonly onTouchEvent: (touches: readonly SdkTouch[]) => void;
}

/** The SDK. */
export interface Sdk {
  init(options: SdkOptions): void;
  getClientSession(): string;
  start(serverSession: string): void;
  destroy(options?: { readonly message?: string; readonly code?: number }): void;
  setFullscreen(on: boolean, element?: HTMLElement): void;
  mouseMove(id: number, type: string, pageX: number, pageY: number): void;
  sendMouseEvent(event: { readonly type: string; readonly down: boolean }): void;
}

declare global {
  interface Window {
    readonly TCGSDK?: Sdk;
  }
}
