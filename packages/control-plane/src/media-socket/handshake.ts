import type { IncomingHttpHeaders } from 'node:http';
import { mediaSocketPath, mediaSocketProtocol } from '@cloudstage/protocol';
import { playLimits } from './limits.js';

/** A request of a client for its WebSocket path. */
export interface PlayRequest {
  readonly sessionId: string;
  /** The request as the streamer gets it: rebuilt from checked values, so that nothing else reaches it. */
  readonly head: string;
}

/** What of an HTTP request is looked at. */
export interface UpgradeRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Whether the request is one for a WebSocket (RFC 6455 §4.1), which other requests with `Upgrade` are not. PURE. */
export function isWebSocketRequest({ method, headers }: UpgradeRequest): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

function word(value: string | null, maxChars: number): string | null {
  return value !== null && value.length <= maxChars && /^[A-Za-z0-9_-]+$/.test(value) ? value : null;
}

/**
 * Reads a request for the WebSocket path; null when it is none of ours. `Origin` is not looked at: the token is the only
 * credential, and browsers send it for nobody who does not know it. PURE.
 */
export function readPlayRequest({ url, headers }: UpgradeRequest): PlayRequest | null {
  const mark = url.indexOf('?');
  if (mark < 0 || url.slice(0, mark) !== mediaSocketPath) return null;
  const query = new URLSearchParams(url.slice(mark + 1));
  const sessionId = word(query.get('instance_id'), playLimits.idChars);
  const token = word(query.get('token'), playLimits.tokenChars);
  const key = headers['sec-websocket-key'];
  const protocols = String(headers['sec-websocket-protocol'] ?? '').split(',');
  const isOurs = protocols.some((name) => name.trim() === mediaSocketProtocol);
  if (sessionId === null || token === null || key === undefined || !/^[A-Za-z0-9+/]{22}==$/.test(key) || !isOurs) {
    return null;
  }
  if (headers['sec-websocket-version'] !== '13') return null;
  const lines = [
    `GET ${mediaSocketPath}?token=${token} HTTP/1.1`,
    'Host: streamer',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Protocol: ${mediaSocketProtocol}`,
  ];
  return { sessionId, head: `${lines.join('\r\n')}\r\n\r\n` };
}

/**
 * The request line and headers of a request without its wish to upgrade, as it may be read again by an HTTP server. Takes
 * Node's `rawHeaders`: names and values in turn. PURE.
 */
export function withoutUpgrade(request: {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}): string {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? '';
    if (!/^(upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${request.rawHeaders[i + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
