/** Payloads of the SDK's events. Types only; this file becomes part of the bundle's declarations as it is. */

/** A code with a text. */
export interface CodeResponse {
  readonly code: number;
  readonly msg: string;
}

/** `InitSuccess`: 0 ok, −1 no WebRTC or no offer, −2 init while connected. */
export interface InitSuccessResponse extends CodeResponse {
  /** The decoded ClientSession. */
  readonly description?: unknown;
}

/** `ConnectSuccess`. */
export interface ConnectSuccessResponse {
  readonly code: number;
  readonly seat_index: number | undefined;
  readonly role: string | undefined;
}

/** Capture→present latency in milliseconds. Only with servers that tell their clock. */
export interface LatencyResponse {
  readonly p50: number;
  readonly p95: number;
}

/** Result of `getLatencyStats`. */
export interface LatencyStatsResponse extends LatencyResponse {
  readonly p99: number;
  /** Number of frames measured. */
  readonly frames: number;
  /** Server clock minus browser clock, milliseconds. */
  readonly clockOffsetMs: number;
}

/** `webrtc_stats`. */
export interface WebrtcStatsResponse {
  readonly fps: number;
  readonly delay: number;
  readonly rtt: number;
  readonly raw_rtt: number;
  readonly edge_rtt: number;
  readonly cpu: string;
  readonly gpu: string;
  readonly load_cost_time: number;
  /** Bytes per second. */
  readonly bit_rate: number;
  readonly packet_lost: number;
  readonly nack: number;
  readonly packet_received: number;
  readonly input_delay: number;
  readonly user_id: string;
  readonly timestamp: number;
  readonly first_frame_cost_time: number;
  readonly api_cost_time: number;
  readonly capture_to_present_ms?: LatencyResponse;
  /** By leg: `capture`, `convert`, `encode`, `pace`, `network`, `jitter_buffer`, `decode`, `present` and more. */
  readonly latency_ms?: Readonly<
    Record<string, { readonly p50: number; readonly p95: number; readonly p99: number; readonly count: number }>
  >;
}

/** `media_stats`. Bit rates in Mbit/s. */
export interface MediaStatsResponse {
  readonly videoStats: {
    readonly fps: number;
    readonly rtt: number;
    readonly raw_rtt: number;
    readonly edge_rtt: number;
    readonly bit_rate: number;
    readonly packet_lost: number;
    readonly packet_received: number;
    readonly packet_loss_rate: number;
    readonly nack: number;
    readonly jitter_buffer: number;
    readonly width: number;
    readonly height: number;
    readonly codec: string;
    readonly timestamp: number;
  };
  readonly audioStats: {
    readonly sample_rate: number;
    readonly channels: number;
    readonly bit_rate: number;
    readonly packet_lost: number;
    readonly packet_received: number;
    readonly packet_loss_rate: number;
    readonly nack: number;
    readonly jitter_buffer: number;
    readonly concealed_samples: number;
    readonly concealment_events: number;
    readonly codec: string;
  };
}

/** `Event`. */
export type EventResponse =
  | { readonly type: 'autoplay'; readonly data: { code: 0 | -1; message: string; mediaType: 'video' | 'audio' } }
  | { readonly type: 'first_frame_received'; readonly data: Record<string, never> }
  | { readonly type: 'first_frame'; readonly data: { duration: number; width: number; height: number } }
  | { readonly type: 'video_state' | 'audio_state'; readonly data: { code: 0 | 1 | 2; message: string } }
  | { readonly type: 'idle'; readonly data: { times: number } }
  | { readonly type: 'noflow' | 'noflowcenter' | 'pointerlockerror' }
  | { readonly type: 'openurl'; readonly data: { value: string } }
  | { readonly type: 'mic_status'; readonly data: { status: 'open' | 'close' } }
  | { readonly type: 'webrtc_stats'; readonly data: WebrtcStatsResponse }
  | { readonly type: 'media_stats'; readonly data: MediaStatsResponse }
  | { readonly type: 'latency'; readonly data: { value: number; message: string } }
  | { readonly type: 'ice_state'; readonly data: { value: 'connected' | 'disconnected' } }
  | { readonly type: 'readclipboarderror'; readonly data?: { message?: string } };

/** `NetworkChange`. */
export type NetworkChangeResponse =
  | { readonly status: 'idle'; readonly times: number }
  | { readonly status: 'noflow' | 'noflowcenter' | 'online' | 'offline' }
  | { readonly status: 'stats'; readonly stats: WebrtcStatsResponse | Readonly<Record<string, unknown>> }
  | { readonly status: 'jitter' | 'latency'; readonly data: { value: number; message: string } }
  | { readonly status: 'openurl'; readonly data: { value: string } }
  | { readonly status: 'gamelaunched'; readonly data: { begin: number | null; finish: number | null } };

/** One finger of `TouchEvent` and `DoubleTap`. `x`, `y` in remote pixels. */
export interface TouchResponse {
  readonly id: number;
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly pageX: number;
  readonly pageY: number;
  readonly movementX: number;
  readonly movementY: number;
}

/** Orientation of the remote screen; `deg` is what the page must rotate by. */
export interface ScreenConfigResponse {
  readonly width?: number;
  readonly height?: number;
  readonly orientation?: 'landscape' | 'portrait';
  readonly degree?: '0_degree' | '90_degree' | '180_degree' | '270_degree';
  readonly deg: 0 | 90 | 180 | 270;
}

/** Payload by event name. */
export interface EventMap {
  InitSuccess: InitSuccessResponse;
  ConnectSuccess: ConnectSuccessResponse;
  ConnectFailed: CodeResponse;
  Disconnected: CodeResponse;
  WebrtcStatusChange: CodeResponse;
  NetworkChange: NetworkChangeResponse;
  Event: EventResponse;
  TouchEvent: TouchResponse[];
  DoubleTap: TouchResponse[];
  GameStartComplete: Readonly<Record<string, unknown>>;
  GameStop: Readonly<Record<string, unknown>>;
  LoadGameArchive: Readonly<Record<string, unknown>>;
  SaveGameArchive: Readonly<Record<string, unknown>>;
  InputStatusChange: { readonly field_type?: unknown; readonly status?: unknown };
  GamepadConnectChange: {
    readonly status: 'gamepadconnect' | 'gamepaddisconnect';
    readonly index: number;
    readonly gamepad?: Gamepad;
  };
  CursorShowStatChange: { readonly oldStatus: boolean; readonly newStatus: boolean };
  ConfigurationChange: { readonly screen_config: ScreenConfigResponse };
  RemoteScreenResolutionChange: {
    readonly width: number;
    readonly height: number;
    readonly top: number;
    readonly left: number;
  };
  VideoStreamConfigChange: { readonly width: number; readonly height: number };
  StreamPushStateChange: { readonly stream_push_state: string | undefined };
  OrientationChange: { readonly type: 'portrait' | 'landscape' };
  VisibilityChange: { readonly status: 'visible' | 'hidden' };
  /** Codes: 0 ok, 1 there is none, 2 the user refused, 3 none fits the profile. */
  GetUserMediaStatusChange: {
    readonly code: number;
    readonly msg: string;
    readonly type: 'mic';
    readonly userMedia?: MediaStream;
  };
}

/** Name of an event. */
export type EventName = keyof EventMap;
