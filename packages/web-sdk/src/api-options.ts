import type { EventMap } from './api-events.js';

/** What is printed to the console. */
export interface DebugSetting {
  readonly showLog?: boolean;
  readonly showStats?: boolean;
  readonly showSendKmData?: boolean;
  readonly showSendAckData?: boolean;
  readonly showSendHbData?: boolean;
  readonly showOnHbMessage?: boolean;
  readonly showOnKmMessage?: boolean;
  readonly showOnAckMessage?: boolean;
  readonly showOnCdMessage?: boolean;
  readonly showOnSvMessage?: boolean;
}

/** Wish for the video stream. Bitrates in Mbps unless `unit` says Kbps. */
export interface StreamProfileOptions {
  readonly fps?: number;
  readonly max_bitrate?: number;
  readonly min_bitrate?: number;
  readonly unit?: string;
  readonly video_width?: number;
  readonly video_height?: number;
}

/** Addresses for reconnecting without the page's backend. */
export interface AccessTokenOptions {
  readonly token: string;
  /** Base64 JSON `{"AccessInfo":[{"InstanceIds":[…],"WebRTCAddress":"https://…"}]}`. */
  readonly accessInfo: string;
}

/** Callbacks of init, each also an event of `on`. */
export interface InitCallbacks {
  readonly onInitSuccess?: (response: EventMap['InitSuccess']) => void;
  readonly onConnectSuccess?: (response: EventMap['ConnectSuccess']) => void;
  readonly onConnectFail?: (response: EventMap['ConnectFailed']) => void;
  readonly onDisconnect?: (response: EventMap['Disconnected']) => void;
  readonly onWebrtcStatusChange?: (response: EventMap['WebrtcStatusChange']) => void;
  readonly onNetworkChange?: (response: EventMap['NetworkChange']) => void;
  readonly onEvent?: (response: EventMap['Event']) => void;
  readonly onTouchEvent?: (response: EventMap['TouchEvent']) => void;
  readonly onDoubleTap?: (response: EventMap['DoubleTap']) => void;
  readonly onGameStartComplete?: (response: EventMap['GameStartComplete']) => void;
  readonly onGameStop?: (response: EventMap['GameStop']) => void;
  readonly onLoadGameArchive?: (response: EventMap['LoadGameArchive']) => void;
  readonly onSaveGameArchive?: (response: EventMap['SaveGameArchive']) => void;
  readonly onInputStatusChange?: (response: EventMap['InputStatusChange']) => void;
  readonly onGamepadConnectChange?: (response: EventMap['GamepadConnectChange']) => void;
  readonly onCursorShowStatChange?: (response: EventMap['CursorShowStatChange']) => void;
  readonly onConfigurationChange?: (response: EventMap['ConfigurationChange']) => void;
  readonly onRemoteScreenResolutionChange?: (response: EventMap['RemoteScreenResolutionChange']) => void;
  readonly onVideoStreamConfigChange?: (response: EventMap['VideoStreamConfigChange']) => void;
  readonly onStreamPushStateChange?: (response: EventMap['StreamPushStateChange']) => void;
  readonly onOrientationChange?: (response: EventMap['OrientationChange']) => void;
  readonly onVisibilityChange?: (response: EventMap['VisibilityChange']) => void;
  readonly onLog?: (line: string) => void;
}

/** Options of `init`. */
export interface InitOptions extends InitCallbacks {
  /** Id of the element that the picture goes into; its content is replaced. */
  readonly mount: string;
  /** Accepted for compatibility, not used. */
  readonly appid?: number;
  readonly streaming?: { readonly videoCodecList?: readonly string[]; readonly streamName?: 'low' | 'mid' | 'high' };
  readonly accessToken?: AccessTokenOptions;
  readonly streamProfile?: StreamProfileOptions;
  readonly userId?: string;
  /** 0 local (default), 1 and 3 images of the server, 2 drawn into the video, 4 and 5 relative. */
  readonly cursorMode?: number;
  readonly clickToFullscreen?: boolean;
  /** Any click starts sound that the browser blocked. Default true. */
  readonly clickBodyToPlay?: boolean;
  /** Seconds without user action until `idle`. Default 300. */
  readonly idleThreshold?: number;
  /** Seconds between statistics events. Default 1. */
  readonly statsInterval?: number;
  readonly keepLastFrame?: boolean;
  /** Reconnect by itself after a loss. Default true. */
  readonly reconnect?: boolean;
  /**
   * Cloudstage extension: called with a new ClientSession when the connection was lost; resolves with the ServerSession that
   * the page's backend got for it. Rejecting with a numeric `code` > 0 ends the attempts.
   */
  readonly onReconnectRequest?: (clientSession: string) => Promise<string>;
  readonly showLoading?: boolean;
  readonly loadingText?: string;
  readonly restartText?: string;
  /** Enlarge the picture to the mount. Default true. */
  readonly fullVideoToScreen?: boolean;
  readonly autoFocusVideo?: boolean;
  readonly debugSetting?: DebugSetting;
  /** 0 single moves; 1–3 high frequency: last three, packed, all. */
  readonly webDraftLevel?: number;
  readonly forceShowCursor?: boolean;
  readonly bgImgUrl?: string;
  readonly defaultCursorImgUrl?: string;
  readonly clientInteractMode?: 'cursor' | 'touch';
  readonly enablePaste?: boolean;
  readonly enableMousemoveV2?: boolean;
  readonly enableMouseEventOnMobile?: boolean;
  readonly remoteDesktopResolution?: { readonly width: number; readonly height: number } | null;
  readonly enableEventIntercept?: boolean;
}
