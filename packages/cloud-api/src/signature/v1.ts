import { createHmac } from 'node:crypto';
import { equalInConstantTime } from './digest.js';
import { hostCandidates, pathCandidates, type SignedHttpRequest } from './http-request.js';

/** `SignatureMethod` of version 1. Absent means `HmacSHA1`. */
export type V1SignatureMethod = 'HmacSHA1' | 'HmacSHA256';

/** Parameters of a version 1 request, decoded, flat, `Signature` included or not. */
export type V1Parameters = ReadonlyMap<string, string>;

/** The method named by `SignatureMethod`; null when it is none of version 1. */
export function parseV1SignatureMethod(text: string | undefined): V1SignatureMethod | null {
  if (text === undefined || text === '') return 'HmacSHA1';
  return text === 'HmacSHA1' || text === 'HmacSHA256' ? text : null;
}

/** What a version 1 signature covers besides the parameters. */
export interface V1Target {
  readonly method: 'GET' | 'POST';
  /** With the port when the endpoint has one. */
  readonly host: string;
  readonly path: string;
}

/**
 * Base64 signature of version 1: values raw (not URL-encoded), names sorted by code unit, `Signature` left out.
 * @param spellName how names are written into the text; sorting is by the name as sent.
 * @see docs/reference/cloud-api-protocol.md "Signature version 1"
 */
export function computeV1Signature(
  target: V1Target,
  parameters: V1Parameters,
  method: V1SignatureMethod,
  secretKey: string,
  spellName: (name: string) => string = (name) => name,
): string {
  const pairs = [...parameters.keys()]
    .filter((name) => name !== 'Signature')
    .sort()
    .map((name) => `${spellName(name)}=${parameters.get(name) ?? ''}`);
  const text = `${target.method}${target.host}${target.path}?${pairs.join('&')}`;
  return createHmac(method === 'HmacSHA1' ? 'sha1' : 'sha256', secretKey)
    .update(text, 'utf8')
    .digest('base64');
}

/** Whether `Signature` was made with `secretKey`, under any host and path spelling that official SDKs use. */
export function verifyV1(
  request: Pick<SignedHttpRequest, 'method' | 'rawPath' | 'headers'>,
  parameters: V1Parameters,
  method: V1SignatureMethod,
  secretKey: string,
  publicHosts: readonly string[] = [],
): boolean {
  const signature = parameters.get('Signature') ?? '';
  const spellings = [(name: string) => name];
  // Old Python and Java SDKs sign `A.b` for a parameter they send as `A_b`.
  if ([...parameters.keys()].some((name) => name.includes('_'))) spellings.push((name) => name.replaceAll('_', '.'));
  for (const path of pathCandidates(request.rawPath)) {
    for (const host of hostCandidates(request.headers, publicHosts)) {
      for (const spellName of spellings) {
        const target = { method: request.method, host, path };
        const expected = computeV1Signature(target, parameters, method, secretKey, spellName);
        if (equalInConstantTime(expected, signature)) return true;
      }
    }
  }
  return false;
}
