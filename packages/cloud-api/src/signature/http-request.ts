import { cloudApiLimits } from '../limits.js';

/** The parts of a received request that signatures cover, exactly as they were on the wire. */
export interface SignedHttpRequest {
  readonly method: 'GET' | 'POST';
  /** Path before `?`, not decoded. */
  readonly rawPath: string;
  /** Bytes after `?`, not decoded and in the order sent; `''` when there are none. */
  readonly rawQuery: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** True when the timestamp (Unix seconds) is no further than `windowSeconds` from now, either way. */
export function isTimestampFresh(timestampSeconds: number, nowMs: number, windowSeconds: number): boolean {
  return Math.abs(nowMs / 1000 - timestampSeconds) <= windowSeconds;
}

/** Unix seconds out of a header or parameter; null when it is no plain decimal number of sane length. */
export function parseTimestamp(text: string): number | null {
  return /^\d{1,11}$/.test(text) ? Number(text) : null;
}

function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}

/**
 * Texts the client may have signed as its host, most likely first, without repetition.
 *
 * SDKs disagree: Node.js signs the host name without the port that it sends; Python, Go, Java and PHP sign the endpoint
 * as configured; and behind a reverse proxy the Host that arrives is not the one that was signed. Being generous here
 * costs nothing: the secret key is what proves the caller, the host only binds a signature to a deployment.
 * @param publicHosts names under which clients reach this server, from its configuration.
 */
export function hostCandidates(
  headers: SignedHttpRequest['headers'],
  publicHosts: readonly string[] = [],
): readonly string[] {
  const forwarded = (headers['x-forwarded-host'] ?? '').split(',').slice(0, 4);
  const candidates = new Set<string>();
  for (const received of [headers.host ?? '', ...publicHosts, ...forwarded]) {
    const host = received.trim();
    if (host === '') continue;
    candidates.add(host);
    candidates.add(withoutPort(host));
  }
  return [...candidates].slice(0, cloudApiLimits.hostCandidates);
}

/** Paths the client may have signed: the real one, and `/`, which Go signs whatever its endpoint says. */
export function pathCandidates(rawPath: string): readonly string[] {
  return rawPath === '/' ? ['/'] : [rawPath, '/'];
}
