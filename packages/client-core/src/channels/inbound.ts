import { clientLimits } from '../limits.js';

/** A parsed message whose fields are still unchecked. */
export type Fields = Readonly<Record<string, unknown>>;

/** Parses one inbound text message. Null when it is too long, not JSON, or not an object. PURE. */
export function parseInbound(text: string): Fields | null {
  if (text.length > clientLimits.inboundMessageChars) return null;
  try {
    return asFields(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The value as an object with fields; null otherwise. PURE. */
export function asFields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** A finite number, or null. PURE. */
export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A text, or null. PURE. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
