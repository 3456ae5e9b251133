import { clientLimits } from '../limits.js';
import { decodeBase64Json } from './session-codec.js';

/** Addresses a page has handed over with `setAccessToken`. Nothing is contacted that is not in here. */
export interface AccessInfo {
  readonly token: string;
  /** `WebRTCAddress` by instance (session) id. */
  readonly webrtcAddresses: ReadonlyMap<string, string>;
}

/** Parses the base64 JSON of `accessInfo`; entries without an http(s) `WebRTCAddress` are left out. PURE. */
export function parseAccessInfo(token: string, accessInfo: string): AccessInfo {
  const webrtcAddresses = new Map<string, string>();
  const value = decodeBase64Json(accessInfo) as { readonly AccessInfo?: unknown } | null;
  const entries: readonly unknown[] = Array.isArray(value?.AccessInfo) ? value.AccessInfo : [];
  for (const entry of entries.slice(0, clientLimits.accessEntries)) {
    const { InstanceIds, WebRTCAddress } = (entry ?? {}) as { InstanceIds?: unknown; WebRTCAddress?: unknown };
    if (typeof WebRTCAddress !== 'string' || !/^https?:\/\//.test(WebRTCAddress) || !Array.isArray(InstanceIds)) {
      continue;
    }
    for (const id of InstanceIds.slice(0, clientLimits.accessEntries)) {
      if (typeof id === 'string') webrtcAddresses.set(id, WebRTCAddress.replace(/\/+$/, ''));
    }
  }
  return { token, webrtcAddresses };
}

/** Address of one reconnect request. PURE. */
export function reconnectUrl(
  address: string,
  query: {
    readonly host: string;
    readonly port: string | number | undefined;
    readonly token: string;
    readonly userId: string;
  },
): string {
  const parts: readonly (readonly [string, string])[] = [
    ['host', query.host],
    ['port', String(query.port ?? 7392)],
    ['token', query.token],
    ['uid', query.userId],
  ];
  return `${address}/reconnect?${parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
}

/** Outcome of a request for a new ServerSession. */
export type ReconnectOutcome =
  /** `serverSession` is the base64 form that `start` takes. */
  | { readonly kind: 'session'; readonly serverSession: string }
  /** Worth another try. */
  | { readonly kind: 'retry'; readonly message: string }
  /** The session is gone, or refuses; no more tries. */
  | { readonly kind: 'refused'; readonly code: number; readonly message: string };

/** Reads the reply of `/reconnect`: `{Code, ServerSession}` with the ServerSession as JSON text. PURE. */
export function readReconnectReply(reply: unknown, encode: (json: string) => string): ReconnectOutcome {
  const { Code, Message, ServerSession } = (reply ?? {}) as Record<string, unknown>;
  if (Code !== 0 || typeof ServerSession !== 'string') {
    return { kind: 'retry', message: typeof Message === 'string' ? Message : 'reconnect refused' };
  }
  let inner: Record<string, unknown> | null;
  try {
    inner = JSON.parse(ServerSession) as Record<string, unknown> | null;
  } catch {
    return { kind: 'retry', message: 'reconnect reply is not JSON' };
  }
  const code = Number(inner?.code ?? inner?.Code ?? 0);
  if (code !== 0) {
    const message = inner?.message ?? inner?.Message;
    return { kind: 'refused', code, message: typeof message === 'string' ? message : 'reconnect failed' };
  }
  return { kind: 'session', serverSession: encode(ServerSession) };
}
