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

/** How the microphone is recorded, as in MediaTrackConstraints. */
export interface MicProfile {
  readonly autoGainControl?: boolean;
  readonly echoCancellation?: boolean;
  readonly noiseSuppression?: boolean;
  readonly sampleRate?: number;
  /** One of `getDevices`; absent: the browser's choice. */
  readonly deviceId?: string;
}

/** Addresses for reconnecting without the page's backend. */
export interface AccessTokenOptions {
  readonly token: string;
  /** Base64 JSON `{"AccessInfo":[{"InstanceIds":[…],"WebRTCAddress":"https://…"}]}`. */
  readonly accessInfo: string;
}

/** Wishes for the stream and its transport. */
export interface StreamingOptions {
  readonly videoCodecList?: readonly string[];
  readonly streamName?: 'low' | 'mid' | 'high';
  /**
   * Cloudstage extension: `auto` (default) tries WebRTC and opens a WebSocket when it does not connect; `webrtc` never opens
   * one; `websocket` opens it at once. The WebSocket needs a page of HTTPS or localhost.
   */
  readonly mode?: 'auto' | 'webrtc' | 'websocket';
  /** Cloudstage extension: milliseconds that WebRTC gets before the WebSocket is opened. Default 2000. */
  readonly socketDelayMs?: number;
}

/** Callbacks of init, each also an event of `on`. */
export interface InitCallbacks {
  /** The microphone was opened or closed, or could not be. */
  readonly onGetUserMediaStatusChange?: (response: EventMap['GetUserMediaStatusChange']) => void;
  /** The offer is ready (0), or not. */
  readonly onInitSuccess?: (response: EventMap['InitSuccess']) => void;
  /** Connected; again after each reconnect. */
  readonly onConnectSuccess?: (response: EventMap['ConnectSuccess']) => void;
  /** A connection or reconnect attempt failed. */
  readonly onConnectFail?: (response: EventMap['ConnectFailed']) => void;
  /** The connection ended. */
  readonly onDisconnect?: (response: EventMap['Disconnected']) => void;
  /** A ServerSession was applied, or is useless. */
  readonly onWebrtcStatusChange?: (response: EventMap['WebrtcStatusChange']) => void;
  /** State and statistics of the network. */
  readonly onNetworkChange?: (response: EventMap['NetworkChange']) => void;
  /** Playback, first frame, idle, statistics, and more. */
  readonly onEvent?: (response: EventMap['Event']) => void;
  /** Fingers on the picture, unless they are sent as touches. */
  readonly onTouchEvent?: (response: EventMap['TouchEvent']) => void;
  /** Two touches within 300 ms. */
  readonly onDoubleTap?: (response: EventMap['DoubleTap']) => void;
  /** The program has started. */
  readonly onGameStartComplete?: (response: EventMap['GameStartComplete']) => void;
  /** The program has ended. */
  readonly onGameStop?: (response: EventMap['GameStop']) => void;
  /** An archive is being loaded. */
  readonly onLoadGameArchive?: (response: EventMap['LoadGameArchive']) => void;
  /** An archive is being saved. */
  readonly onSaveGameArchive?: (response: EventMap['SaveGameArchive']) => void;
  /** A text field on the server has got or lost the focus. */
  readonly onInputStatusChange?: (response: EventMap['InputStatusChange']) => void;
  /** A gamepad was plugged in or out. */
  readonly onGamepadConnectChange?: (response: EventMap['GamepadConnectChange']) => void;
  /** The cursor was shown or hidden. */
  readonly onCursorShowStatChange?: (response: EventMap['CursorShowStatChange']) => void;
  /** Orientation of the remote screen. */
  readonly onConfigurationChange?: (response: EventMap['ConfigurationChange']) => void;
  /** Size of the remote screen. */
  readonly onRemoteScreenResolutionChange?: (response: EventMap['RemoteScreenResolutionChange']) => void;
  /** Size of the decoded stream. */
  readonly onVideoStreamConfigChange?: (response: EventMap['VideoStreamConfigChange']) => void;
  /** State of the push to a live service. */
  readonly onStreamPushStateChange?: (response: EventMap['StreamPushStateChange']) => void;
  /** The page was turned. */
  readonly onOrientationChange?: (response: EventMap['OrientationChange']) => void;
  /** The page was hidden or shown. */
  readonly onVisibilityChange?: (response: EventMap['VisibilityChange']) => void;
  /** A log line. */
  readonly onLog?: (line: string) => void;
}

/** Options of `init`. */
export interface InitOptions extends InitCallbacks {
  /** Id of the element that the picture goes into; its content is replaced. */
  readonly mount: string;
  /** Accepted for compatibility, not used. */
  readonly appid?: number;
  readonly streaming?: StreamingOptions;
  readonly accessToken?: AccessTokenOptions;
  readonly streamProfile?: StreamProfileOptions;
  readonly userId?: string;
  /** 0 local (default), 1 and 3 images of the server, 2 drawn into the video, 4 and 5 relative. */
  readonly cursorMode?: number;
  /** Open the microphone with init. Default false. */
  readonly mic?: boolean | MicProfile;
  /** Open and close the microphone when the program begins and ends to record, where the server tells. Default true. */
  readonly autoSwitchMic?: boolean;
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
