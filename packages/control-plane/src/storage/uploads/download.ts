import { createWriteStream } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { AppError, isAppError } from '@cloudstage/protocol';
import { type CheckedAddress, type Resolve, resolveChecked, systemResolve } from './download-address.js';
import { downloadLimits } from './limits.js';

/** What downloads may do. */
export interface DownloadSettings {
  /** Schemes without colon: `https`, `http`. */
  readonly schemes: readonly string[];
  readonly allowPrivate: boolean;
  readonly maxBytes: number;
  /** Redirects, waiting and transfer together. */
  readonly totalMs: number;
  /** Silence of the server; default `downloadLimits.idleMs`. */
  readonly idleMs?: number;
  /** Default the system's resolver. */
  readonly resolve?: Resolve;
  /** Certificate authorities in PEM besides the system's; for companies with one of their own. */
  readonly ca?: string;
}

const redirects = new Set([301, 302, 303, 307, 308]);

function parseUrl(text: string, settings: DownloadSettings): URL {
  if (text.length > downloadLimits.urlChars) throw new AppError('download-url-invalid', 'the URL is too long');
  if (!URL.canParse(text)) throw new AppError('download-url-invalid', 'the URL is not valid');
  const url = new URL(text);
  const scheme = url.protocol.slice(0, -1);
  if (!settings.schemes.includes(scheme)) {
    const allowed = settings.schemes.join(', ');
    throw new AppError('download-scheme-refused', `URLs of the scheme ${scheme} are not fetched; allowed: ${allowed}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new AppError('download-url-invalid', 'the URL must not hold a user name or password');
  }
  return url;
}

/** Hands out only what was checked: the name is not resolved a second time, which could give another address. */
function pinnedLookup(addresses: readonly CheckedAddress[]): LookupFunction {
  return (_host, options, done) => {
    const [first] = addresses;
    if (options.all === true) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };
}

function send(url: URL, addresses: readonly CheckedAddress[], settings: DownloadSettings): ClientRequest {
  const options = {
    lookup: pinnedLookup(addresses),
    // A connection of its own: a shared one could have been opened to an address that was checked for another download.
    agent: false as const,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'cloudstage', accept: '*/*' },
    timeout: settings.idleMs ?? downloadLimits.idleMs,
  };
  return url.protocol === 'https:'
    ? httpsRequest(url, settings.ca === undefined ? options : { ...options, ca: settings.ca })
    : httpRequest(url, options);
}

function timeout(): AppError {
  return new AppError('download-timeout', 'the server of the URL was silent, or the download took too long');
}

/** Sends one request and waits for its head. */
function respond(request: ClientRequest, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const onAbort = () => request.destroy(new Error('given up'));
    signal.addEventListener('abort', onAbort, { once: true });
    request.on('timeout', () => request.destroy(timeout()));
    request.on('response', resolve);
    request.on('error', (cause) => {
      signal.removeEventListener('abort', onAbort);
      const message = `the server ${url.host} cannot be reached: ${cause.message}`;
      reject(isAppError(cause) ? cause : new AppError('download-unreachable', message, { cause }));
    });
    request.on('close', () => signal.removeEventListener('abort', onAbort));
    request.end();
  });
}

/** Waits no longer than `signal` allows: the system's resolver cannot be told to stop. */
async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Follows redirects, each checked like the first URL, to the response that has the file. */
async function openUrl(text: string, settings: DownloadSettings, signal: AbortSignal): Promise<IncomingMessage> {
  const resolve = settings.resolve ?? systemResolve;
  let next = text;
  for (let hops = 0; hops <= downloadLimits.maxRedirects; hops += 1) {
    const url = parseUrl(next, settings);
    const resolving = resolveChecked(url.hostname, { resolve, allowPrivate: settings.allowPrivate });
    const addresses = await orAbort(resolving, signal);
    const response = await respond(send(url, addresses, settings), url, signal);
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    response.destroy();
    const { location } = response.headers;
    if (!redirects.has(status) || location === undefined) {
      throw new AppError('download-refused', `the server ${url.host} answered with status ${status}`);
    }
    if (!URL.canParse(location, url.href))
      throw new AppError('download-url-invalid', 'the server redirects to no valid URL');
    next = new URL(location, url).href;
  }
  throw new AppError('download-too-many-redirects', `the URL redirects more than ${downloadLimits.maxRedirects} times`);
}

async function* bounded(
  response: IncomingMessage,
  settings: DownloadSettings,
  onProgress: (fraction: number) => void,
): AsyncIterable<Uint8Array> {
  const announced = Number(response.headers['content-length'] ?? Number.NaN);
  const tooLarge = () => new AppError('download-too-large', `the file is longer than ${settings.maxBytes} bytes`);
  if (announced > settings.maxBytes) throw tooLarge();
  let received = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > settings.maxBytes) throw tooLarge();
    if (announced > 0) onProgress(Math.min(1, received / announced));
    yield chunk;
  }
}

/**
 * Downloads a URL that a customer gave into a new file. Nothing is decoded; content flows to disk.
 * @throws AppError `download-url-invalid`, `download-scheme-refused`, `download-address-refused`, `download-unreachable`,
 * `download-refused`, `download-too-many-redirects`, `download-too-large`, `download-timeout`, `download-incomplete`,
 * `download-aborted`.
 */
export async function downloadUrl(
  url: string,
  target: string,
  settings: DownloadSettings,
  options: { readonly onProgress: (fraction: number) => void; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const deadline = AbortSignal.timeout(settings.totalMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  try {
    const response = await openUrl(url, settings, signal);
    response.socket.setTimeout(settings.idleMs ?? downloadLimits.idleMs, () => response.destroy(timeout()));
    const body = bounded(response, settings, options.onProgress);
    await pipeline(body, createWriteStream(target, { flags: 'wx', mode: 0o600 }), { signal });
  } catch (cause) {
    if (options.signal?.aborted === true)
      throw new AppError('download-aborted', 'the download was given up', { cause });
    if (deadline.aborted) throw timeout();
    if (isAppError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : 'unknown';
    throw new AppError('download-incomplete', `the download broke off: ${why}`, { cause });
  }
}
