import type { ClientSession, ServerSession } from '@cloudstage/protocol';
import { Base64 } from 'js-base64';
import { clientLimits } from '../limits.js';

/**
 * The two opaque texts of session set-up, as the client writes and reads them. Reading is deliberately laxer than the
 * server's decoder: pages hand over text that passed through URLs, forms and logs.
 * @see docs/reference/wire-protocol.md "Session set-up"
 */

/** A decoded ServerSession of any server: everything but `sdp` may be missing. */
export type ServerSessionFields = Partial<Omit<ServerSession, 'plat' | 'input_seat'>> & {
  readonly plat?: string;
  readonly input_seat?: number;
};

/** Outcome of {@link decodeServerSession}. */
export type ServerSessionOutcome =
  | { readonly kind: 'session'; readonly session: ServerSessionFields }
  /** JSON, but not an object. */
  | { readonly kind: 'not-an-object' }
  /** Not base64 of JSON. */
  | { readonly kind: 'undecodable' };

/** Encodes the client's description: standard base64 of UTF-8 JSON. */
export function encodeClientSession(session: ClientSession): string {
  return Base64.encode(JSON.stringify(session));
}

/** Decodes a ServerSession; accepts the URL-safe alphabet and ignores characters outside of it. */
export function decodeServerSession(text: string): ServerSessionOutcome {
  if (text.length === 0 || text.length > clientLimits.inboundMessageChars) return { kind: 'undecodable' };
  let value: unknown;
  try {
    value = JSON.parse(Base64.decode(text.replaceAll(/[^A-Za-z0-9+/_-]/g, '')));
  } catch {
    return { kind: 'undecodable' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'not-an-object' };
  return { kind: 'session', session: value };
}

/** Re-encodes a ServerSession that arrived as plain JSON text (the reply of `/reconnect`). */
export function encodeServerSessionText(json: string): string {
  return Base64.encode(json);
}

/** Decodes base64 JSON; null when it is not. */
export function decodeBase64Json(text: string): unknown {
  try {
    return JSON.parse(Base64.decode(text));
  } catch {
    return null;
  }
}
