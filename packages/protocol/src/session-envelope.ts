import { Base64 } from 'js-base64';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { AppError } from './errors.js';
import { limits } from './limits.js';

/**
 * The two opaque strings of session set-up. Both are base64 of UTF-8 JSON; there is no other signalling.
 * @see docs/reference/wire-protocol.md "Session set-up"
 */

const Nullish = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** Wish of the client for the video stream; the same fields as the `res_mode` message. Bitrates default to Mbps. */
export const StreamProfileSchema = Type.Object({
  fps: Nullish(Type.Number()),
  max_bitrate: Nullish(Type.Number()),
  min_bitrate: Nullish(Type.Number()),
  /** `Kbps` or `Mbps`, any case. */
  unit: Nullish(Type.String({ maxLength: 8 })),
  video_width: Nullish(Type.Number()),
  video_height: Nullish(Type.Number()),
});
/** See {@link StreamProfileSchema}. */
export type StreamProfile = Static<typeof StreamProfileSchema>;

/** Decoded ClientSession: the client's SDP offer (no candidates) and its wishes. Unknown fields are kept and ignored. */
export const ClientSessionSchema = Type.Object({
  sdp: Type.String({ minLength: 1, maxLength: limits.sdpChars }),
  type: Type.Optional(Type.String({ maxLength: 16 })),
  deviceInfo: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Object({
        platform: Nullish(Type.String({ maxLength: 64 })),
        user_agent: Nullish(Type.String({ maxLength: 2048 })),
      }),
    ]),
  ),
  sdkType: Nullish(Type.String({ maxLength: 64 })),
  /** `"WxH"`: the desktop size to set at start. */
  desktopResolution: Nullish(Type.String({ maxLength: 32 })),
  /** Codec names in upper case, most wanted first. */
  preferredCodecList: Type.Optional(
    Type.Union([Type.Null(), Type.Array(Type.String({ maxLength: 16 }), { maxItems: 16 })]),
  ),
  streamName: Nullish(Type.String({ maxLength: 32 })),
  streamProfile: Type.Optional(Type.Union([Type.Null(), StreamProfileSchema])),
  userId: Nullish(Type.String({ maxLength: 256 })),
  /** The client lays a picture of any size out as the screen. Others show a smaller picture smaller, so their pictures keep their size. */
  scalesPicture: Type.Optional(Type.Union([Type.Null(), Type.Boolean()])),
  /** The client can send its user's voice on a WebSocket as well: there, others are not told that the program records. */
  speaksOnSocket: Type.Optional(Type.Union([Type.Null(), Type.Boolean()])),
});
/** See {@link ClientSessionSchema}. */
export type ClientSession = Static<typeof ClientSessionSchema>;

/** Orientation block of a ServerSession. A desktop program must send `landscape` and `0_degree`. */
export interface ScreenConfig {
  readonly width: number;
  readonly height: number;
  readonly orientation: 'landscape' | 'portrait';
  readonly degree: '0_degree' | '90_degree' | '180_degree' | '270_degree';
}

/** Decoded ServerSession: the answer and what the client needs to know about the session. */
export interface ServerSession {
  /**
   * 0, or 8: the guest's host has no running program yet, and `sdp` is unusable on purpose. Other failures are reported by
   * the cloud API, not here: the official SDK connects to any usable answer, whatever the code says.
   */
  readonly code: number;
  readonly message: string;
  readonly type: 'answer';
  readonly sdp: string;
  readonly server_ip: string;
  readonly server_port: string;
  readonly server_version: string;
  readonly region: string;
  readonly request_id: string;
  readonly user_id: string;
  readonly app_id: number;
  readonly game_id: string;
  /** Session id: the key under which the SDK finds the reconnect address. */
  readonly instance_id: string;
  readonly instance_type: string;
  readonly host_name: string;
  readonly role: Role;
  readonly input_seat: number;
  readonly plat: 'pc';
  readonly video: { readonly width: number; readonly height: number };
  readonly video_mime_type: string;
  readonly audio_mime_type: string;
  readonly screen_config: ScreenConfig;
  readonly game_config: { readonly sdk_conf: Readonly<Record<string, unknown>> };
  readonly feature_switch: Readonly<Record<string, unknown>>;
  /** Cloudstage extension: where the SDK may open a WebSocket when WebRTC does not connect. Holds a secret. */
  readonly media_socket_url?: string;
}

/** May operate the program, or may only watch. */
export type Role = 'Player' | 'Viewer';

/** Encodes either envelope. */
export function encodeSessionEnvelope(value: ClientSession | ServerSession): string {
  return Base64.encode(JSON.stringify(value));
}

function decodeJson(text: string, what: string): unknown {
  if (text.length > limits.clientSessionChars) {
    throw new AppError('session-envelope-invalid', `${what} is longer than ${limits.clientSessionChars} characters`);
  }
  if (!/^[A-Za-z0-9+/_=\s-]+$/.test(text)) {
    throw new AppError('session-envelope-invalid', `${what} is not base64; pass the SDK's text unchanged`);
  }
  try {
    return JSON.parse(Base64.decode(text));
  } catch (cause) {
    throw new AppError('session-envelope-invalid', `${what} does not decode to JSON; pass the SDK's text unchanged`, {
      cause,
    });
  }
}

/** Checks an already parsed ClientSession object (the form that `/reconnect` posts). Throws `session-envelope-invalid`. */
export function checkClientSession(value: unknown): ClientSession {
  if (!Value.Check(ClientSessionSchema, value)) {
    const first = Value.Errors(ClientSessionSchema, value)[0];
    throw new AppError(
      'session-envelope-invalid',
      `ClientSession has a wrong shape at ${first?.instancePath || '/'}: ${first?.message ?? 'not an object'}`,
    );
  }
  if (!/^v=0\r?\n/.test(value.sdp)) {
    throw new AppError('session-envelope-invalid', 'ClientSession.sdp is not a session description (RFC 8866)');
  }
  return value;
}

/**
 * Decodes a ClientSession. Accepts the URL-safe alphabet, missing padding and white space; ≤ 128 K characters.
 * @throws AppError `session-envelope-invalid` saying what is wrong.
 */
export function decodeClientSession(text: string): ClientSession {
  return checkClientSession(decodeJson(text, 'ClientSession'));
}

/**
 * Decodes a ServerSession on the client. Only `sdp` is required; everything else may be missing with foreign servers.
 * @throws AppError `session-envelope-invalid`.
 */
export function decodeServerSession(text: string): Partial<ServerSession> & { readonly sdp?: string } {
  const value = decodeJson(text, 'ServerSession');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AppError('session-envelope-invalid', 'ServerSession is not an object');
  }
  return value as Partial<ServerSession>;
}
