import { hmacSha256, sha256Hex } from './digest.js';

/** Name of signature version 3, first word of its Authorization header. */
export const tc3Algorithm = 'TC3-HMAC-SHA256';

/** Value of `X-TC-Content-SHA256` that leaves the body out of the signature. */
export const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** What a TC3 signature covers. */
export interface Tc3Content {
  readonly method: string;
  /** URI path, normally `/`. */
  readonly path: string;
  /** Raw query of a GET; `''` for POST. */
  readonly query: string;
  /** Name (lower case) and value of each signed header, in the order of SignedHeaders. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Hex SHA-256 of the body. */
  readonly payloadHash: string;
}

/** Scope and time of a TC3 signature. */
export interface Tc3Scope {
  /** Unix seconds, as text exactly as sent. */
  readonly timestamp: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly date: string;
  readonly service: string;
}

/** UTC date of a Unix time, `YYYY-MM-DD`. */
export function utcDate(timestampSeconds: number): string {
  return new Date(timestampSeconds * 1000).toISOString().slice(0, 10);
}

/**
 * Hex signature of version 3.
 * @see docs/reference/cloud-api-protocol.md "Signature version 3"
 */
export function computeTc3Signature(content: Tc3Content, scope: Tc3Scope, secretKey: string): string {
  const canonicalRequest = [
    content.method,
    content.path,
    content.query,
    // Each header line ends with a line feed, so a blank line follows the last.
    content.headers.map(([name, value]) => `${name}:${value.trim()}\n`).join(''),
    content.headers.map(([name]) => name).join(';'),
    content.payloadHash,
  ].join('\n');
  const stringToSign = [
    tc3Algorithm,
    scope.timestamp,
    `${scope.date}/${scope.service}/tc3_request`,
    sha256Hex(canonicalRequest),
  ].join('\n');
  const dateKey = hmacSha256(`TC3${secretKey}`, scope.date);
  const signingKey = hmacSha256(hmacSha256(dateKey, scope.service), 'tc3_request');
  return hmacSha256(signingKey, stringToSign).toString('hex');
}

/** Input of {@link signTc3}. */
export interface Tc3SignInput extends Omit<Tc3Content, 'payloadHash' | 'headers'> {
  readonly host: string;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  /** Unix seconds. */
  readonly timestampSeconds: number;
  readonly service: string;
  readonly secretId: string;
  readonly secretKey: string;
}

/** Authorization header of a request that signs `content-type` and `host`, as the official SDKs do. */
export function signTc3(input: Tc3SignInput): string {
  const headers = [
    ['content-type', input.contentType],
    ['host', input.host],
  ] as const;
  const timestamp = String(input.timestampSeconds);
  const date = utcDate(input.timestampSeconds);
  const signature = computeTc3Signature(
    { method: input.method, path: input.path, query: input.query, headers, payloadHash: sha256Hex(input.body) },
    { timestamp, date, service: input.service },
    input.secretKey,
  );
  const credential = `${input.secretId}/${date}/${input.service}/tc3_request`;
  return `${tc3Algorithm} Credential=${credential}, SignedHeaders=content-type;host, Signature=${signature}`;
}
