import type { IncomingHttpHeaders } from 'node:http';
import { limits } from './limits.js';
import type { Parameters } from './parameters.js';

/**
 * Reads a request body. Pages send JSON, some under `text/plain` to avoid a CORS preflight; command lines send forms. PURE.
 * @returns null when it is neither.
 */
export function parseParameters(body: string): Parameters | null {
  const trimmed = body.trim();
  if (trimmed === '') return {};
  if (!trimmed.startsWith('{')) return parseForm(trimmed);
  try {
    const value: unknown = JSON.parse(trimmed);
    return isParameters(value) ? value : null;
  } catch {
    return null;
  }
}

function parseForm(body: string): Parameters | null {
  const entries = [...new URLSearchParams(body)];
  return entries.length <= limits.parameterCount ? Object.fromEntries(entries) : null;
}

function isParameters(value: unknown): value is Parameters {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length <= limits.parameterCount
  );
}

/** Address of the user: the first one that the proxies in front name, or the other end of the connection. PURE. */
export function userIpOf(headers: IncomingHttpHeaders, remoteAddress: string): string {
  const forwarded = headers['x-forwarded-for'] ?? headers['x-real-ip'];
  const named = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',')[0]?.trim();
  return (named === undefined || named === '' ? remoteAddress : named).replace(/^::ffff:(?=\d+\.)/, '');
}
