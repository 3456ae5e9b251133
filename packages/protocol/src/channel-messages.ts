import type { LatencyCounts, LatencyReport } from './latency.js';

/**
 * Messages of the data channels, as JSON text. Field spelling is the vendor's (`snake_case`): these are the bytes on the wire.
 * Everything a peer sends is optional in practice: receivers validate, clamp and ignore what they do not know.
 * @see docs/reference/wire-protocol.md "Data channels"
 */

/** Labels of the channels the client opens before its offer, and `cd` on demand. */
export const channelLabels = ['km', 'hb', 'ack', 'svr', 'cloud_device', 'cd'] as const;
/** One of {@link channelLabels}. */
export type ChannelLabel = (typeof channelLabels)[number];

/** Options with which a client opens each channel; all are ordered and negotiated in-band (RFC 8832). */
export const channelOptions: Readonly<
  Record<ChannelLabel, { readonly ordered: true; readonly maxRetransmits: number }>
> = {
  km: { ordered: true, maxRetransmits: 10 },
  hb: { ordered: true, maxRetransmits: 0 },
  ack: { ordered: true, maxRetransmits: 10 },
  svr: { ordered: true, maxRetransmits: 0 },
  cloud_device: { ordered: true, maxRetransmits: 0 },
  cd: { ordered: true, maxRetransmits: 0 },
};

/** Full scale of `mousemove_v2` coordinates. */
export const pointerScale = 8192;

/** `hb.code` values ≥ 0 make the client disconnect without automatic reconnect. */
export const disconnectCodes = { serverClosed: 0, takenOver: 1, heartbeatTimeout: 2 } as const;

/** Cursor modes of `set_cursor`. Mode 4 is announced as 1. */
export const cursorModes = {
  local: 0,
  remoteImage: 1,
  remoteDrawn: 2,
  remoteCustom: 3,
  remoteImagePosition: 4,
  delta: 5,
} as const;
/** One of {@link cursorModes}. */
export type CursorMode = (typeof cursorModes)[keyof typeof cursorModes];

// ── km, client → server ─────────────────────────────────────────────────────────────────────────────────────────────

/** `key` is the legacy `keyCode` (Windows virtual key), `location` 0 standard, 1 left, 2 right, 3 numpad. */
export interface KeyboardMessage {
  readonly type: 'keyboard';
  readonly key: number;
  readonly down: boolean;
  readonly location?: number;
  /** Cloudstage SDK only: `KeyboardEvent.code`, the physical key; servers that know it prefer it. */
  readonly code?: string;
}
/** Pointer position in 1/8192 of the picture. */
export interface MouseMoveV2Message {
  readonly type: 'mousemove_v2';
  readonly x: number;
  readonly y: number;
}
/** Pointer position in remote pixels, including `screen_left`/`screen_top`. */
export interface MouseMoveMessage {
  readonly type: 'mousemove';
  readonly x: number;
  readonly y: number;
}
/** Relative movement in remote pixels. */
export interface MouseDeltaMoveMessage {
  readonly type: 'mousedeltamove';
  readonly x: number;
  readonly y: number;
}
/** Message types of the five mouse buttons. */
export type MouseButtonName = 'mouseleft' | 'mousemiddle' | 'mouseright' | 'mousebackward' | 'mouseforward';
/** A button at the position of the last move; there are no coordinates. */
export interface MouseButtonMessage {
  readonly type: MouseButtonName;
  readonly down: boolean;
}
/** DOM pixels, positive down/right; |delta| ≤ 1 means notches. */
export interface MouseScrollMessage {
  readonly type: 'mousescroll' | 'mousehorizontalscroll';
  readonly delta: number;
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
}
/** Finger events; `event_type` 0 start, 1 move, 2 end or cancel; coordinates in remote pixels. */
export interface TouchMessage {
  readonly type: 'event_touch';
  readonly finger_id: number;
  readonly event_type: 0 | 1 | 2;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly timestamp: number;
}
/** Messages to be carried out in order; each element is JSON text. */
export interface KeySequenceMessage {
  readonly type: 'key_seq';
  readonly keys: readonly string[];
}
/** Gamepad messages, XInput flavoured. */
export interface GamepadMessage {
  readonly type: 'gamepadconnect' | 'gamepaddisconnect' | 'gamepadkey' | 'axisleft' | 'axisright' | 'lt' | 'rt';
  readonly key?: number | string;
  readonly down?: boolean;
  readonly x?: number;
  readonly y?: number;
}
/** Everything a client may send on `km`. */
export type InputMessage =
  | KeyboardMessage
  | MouseMoveV2Message
  | MouseMoveMessage
  | MouseDeltaMoveMessage
  | MouseButtonMessage
  | MouseScrollMessage
  | TouchMessage
  | KeySequenceMessage
  | GamepadMessage;

// ── km, server → client ─────────────────────────────────────────────────────────────────────────────────────────────

/** Sent on open, on every change and every second. All four `screen_*` fields are mandatory. */
export interface ScreenStateMessage {
  readonly screen_width: number;
  readonly screen_height: number;
  readonly screen_left: number;
  readonly screen_top: number;
  readonly cursor_showing: boolean;
  /** Percent as text. */
  readonly cpu_usage: string;
  readonly gpu_usage: string;
}

// ── hb ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Statistics of the client, every second. Numbers that are strings stay strings. */
export interface HeartbeatRequest {
  readonly fps?: string;
  readonly delay?: string;
  readonly rtt?: number;
  readonly raw_rtt?: number;
  readonly edge_rtt?: number;
  readonly cpu?: string;
  readonly gpu?: string;
  readonly load_cost_time?: number;
  readonly bit_rate?: string;
  readonly packet_lost?: string;
  readonly nack?: string;
  readonly packet_received?: string;
  readonly input_delay?: number;
  readonly user_id?: string;
  readonly timestamp?: number;
  readonly first_frame_cost_time?: number;
  readonly api_cost_time?: number;
  /**
   * Cloudstage extension: what the client has measured since the last heartbeat. Present, though perhaps empty, when the client
   * understands `latency` and `wish` of the reply.
   */
  readonly latency?: LatencyCounts;
}

/** State of the session's live push. */
export type StreamPushState = 'NoStreamPushing' | 'PushConnecting' | 'Pushing' | 'PushPaused' | 'PushReConnecting';

/** Reply to every heartbeat, or spontaneous. `code` ≥ 0 disconnects the client; never send `code: null`. */
export interface HeartbeatReply {
  /** Echo of the request's. */
  readonly timestamp?: number;
  /** Needed by the client to reconnect by itself. */
  readonly token?: string;
  /** Always present: a missing value counts as a change. */
  readonly stream_push_state: StreamPushState;
  readonly code?: number;
  readonly message?: string;
  /**
   * Cloudstage extension: server wall clock in milliseconds (fractional) when the reply was written. Lets the SDK relate the
   * capture time in RTP timestamps (90 kHz wall clock of the server, modulo 2³²) to its own clock.
   */
  readonly server_time_ms?: number;
  /** Cloudstage extension: the account of all legs of the last seconds, now and then; only to clients that send theirs. */
  readonly latency?: LatencyReport;
  /** Cloudstage extension: something the client may do; repeated with the same `id`, to be done once. */
  readonly wish?: { readonly id: number; readonly type: 'restart_playback' };
}

// ── ack ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Envelope of both directions. Every request is answered with the same `seq` and a `data` without `type`. */
export interface AckEnvelope<T = Readonly<Record<string, unknown>>> {
  readonly seq?: number;
  readonly data: T;
}

// ── cd ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Cursor image: base64 PNG without the `data:` prefix, at most 128×128. */
export interface CursorImageMessage {
  readonly data: string;
  readonly hotspotx: number;
  readonly hotspoty: number;
}
