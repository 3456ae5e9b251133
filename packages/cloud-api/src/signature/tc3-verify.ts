import { cloudApiLimits } from '../limits.js';
import { equalInConstantTime, sha256Hex } from './digest.js';
import { hostCandidates, pathCandidates, type SignedHttpRequest } from './http-request.js';
import { computeTc3Signature, tc3Algorithm, unsignedPayload } from './tc3-sign.js';

/** Parsed Authorization header of version 3. */
export interface Tc3Authorization {
  readonly secretId: string;
  /** `YYYY-MM-DD` as the client wrote it. */
  readonly date: string;
  /** Whatever the SDK made of its endpoint: `car`, `127`, `localhost:8080`. Used, never compared. */
  readonly service: string;
  /** Lower case, in the order given. */
  readonly signedHeaders: readonly string[];
  /** 64 hex digits, lower case. */
  readonly signature: string;
}

function parseFields(text: string): Map<string, string> | null {
  const fields = new Map<string, string>();
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    if (equals < 0) return null;
    const name = part.slice(0, equals).trim();
    if (fields.has(name)) return null;
    fields.set(name, part.slice(equals + 1).trim());
  }
  return fields;
}

function parseSignedHeaders(text: string): readonly string[] | null {
  const names = text.toLowerCase().split(';');
  if (names.length > cloudApiLimits.signedHeaders || new Set(names).size !== names.length) return null;
  if (!names.every((name) => /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name))) return null;
  // Without these two a signature could be replayed with another body format or against another deployment.
  return names.includes('content-type') && names.includes('host') ? names : null;
}

/** Reads an Authorization header; null when it is no TC3 one or garbled. Never throws. */
export function parseTc3Authorization(header: string): Tc3Authorization | null {
  if (header.length > cloudApiLimits.authorizationChars) return null;
  const text = header.trim();
  if (!text.startsWith(`${tc3Algorithm} `)) return null;
  const fields = parseFields(text.slice(tc3Algorithm.length + 1));
  if (fields === null) return null;
  const credential = (fields.get('Credential') ?? '').split('/');
  const [secretId = '', date = ''] = credential;
  // An SDK pointed at an endpoint with a path may put a slash into the service.
  const service = credential.slice(2, -1).join('/');
  if (credential.at(-1) !== 'tc3_request' || secretId === '' || service === '') return null;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return null;
  const signedHeaders = parseSignedHeaders(fields.get('SignedHeaders') ?? '');
  const signature = (fields.get('Signature') ?? '').toLowerCase();
  if (signedHeaders === null || !/^[0-9a-f]{64}$/.test(signature)) return null;
  return { secretId, date, service, signedHeaders, signature };
}

type HeaderReading = (name: string, value: string) => string;

/** Ways in which clients write the values of signed headers, most common first. */
const headerReadings: readonly HeaderReading[] = [
  (_name, value) => value,
  // The platform's signing sample lower-cases the action only.
  (name, value) => (name === 'x-tc-action' ? value.toLowerCase() : value),
  // Its text says that all values are lower-cased.
  (_name, value) => value.toLowerCase(),
];

/**
 * Whether the signature was made with `secretKey` over this request, under any of the spellings that official SDKs use
 * for host, path and header values.
 * @param timestamp text of `X-TC-Timestamp` as received; its freshness and date are the caller's check.
 * @param publicHosts names under which clients reach this server.
 */
export function verifyTc3(
  request: SignedHttpRequest,
  authorization: Tc3Authorization,
  timestamp: string,
  secretKey: string,
  publicHosts: readonly string[] = [],
): boolean {
  const unsigned = request.headers['x-tc-content-sha256']?.trim() === unsignedPayload;
  const payloadHash = sha256Hex(unsigned ? unsignedPayload : request.body);
  const query = request.method === 'GET' ? request.rawQuery : '';
  const scope = { timestamp, date: authorization.date, service: authorization.service };
  const tried = new Set<string>();
  for (const path of pathCandidates(request.rawPath)) {
    for (const host of hostCandidates(request.headers, publicHosts)) {
      for (const reading of headerReadings) {
        const headers = authorization.signedHeaders.map(
          (name) => [name, reading(name, name === 'host' ? host : (request.headers[name] ?? ''))] as const,
        );
        const key = JSON.stringify([path, headers]);
        if (tried.has(key)) continue;
        tried.add(key);
        const content = { method: request.method, path, query, headers, payloadHash };
        const expected = computeTc3Signature(content, scope, secretKey);
        if (equalInConstantTime(expected, authorization.signature)) return true;
      }
    }
  }
  return false;
}
