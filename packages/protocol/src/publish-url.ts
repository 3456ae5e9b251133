import { limits } from './limits.js';

/** Life of a live push. `paused`: connected, but the server takes nothing at the moment; `stopped` is final. */
export type PublishState = 'connecting' | 'publishing' | 'paused' | 'reconnecting' | 'stopped';

/** Host of a push target, without brackets. */
export interface PublishTarget {
  readonly host: string;
}

/** Result of {@link parsePublishUrl}. */
export type PublishUrl =
  | { readonly ok: true; readonly target: PublishTarget }
  | { readonly ok: false; readonly reason: string };

const invalid = (reason: string): PublishUrl => ({ ok: false, reason });

/** Host (address in brackets, or name) without user name, port, rest. */
const urlPattern = /^rtmps?:\/\/(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?(\/.*)?$/i;

/** Reads the target of a live push: `rtmp://` or `rtmps://`, a host, an application and a stream. PURE. The reason holds no part of the URL. */
export function parsePublishUrl(text: string): PublishUrl {
  if (text.length > limits.publishUrlChars) return invalid(`it has more than ${limits.publishUrlChars} characters`);
  // Media libraries read options after blanks; quotes and control characters have no place in a URL either.
  if (!/^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/.test(text))
    return invalid('it has characters that no URL has');
  if (!/^rtmps?:\/\//i.test(text)) return invalid('it is neither rtmp:// nor rtmps://');
  const [, ipv6, name, port, path] = urlPattern.exec(text) ?? [];
  const host = ipv6 ?? name ?? '';
  if (host === '') return invalid('it names no host, or has something else in front of it');
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return invalid('its port is out of range');
  if (!/^\/[^/?#]+\/[^/?#]/.test(path ?? '')) {
    return invalid('it needs an application and a stream: rtmp://host/application/stream');
  }
  return { ok: true, target: { host } };
}

/** A push URL for logs: stream name and query are keys to somebody's channel. PURE. */
export function redactPublishUrl(text: string): string {
  const [, scheme, host, application] = /^(rtmps?):\/\/(?:[^/?#]*@)?([^/?#]*)(\/[^/?#]*)?/i.exec(text) ?? [];
  return scheme === undefined ? '***' : `${scheme}://${host ?? ''}${application ?? ''}/***`;
}
