import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignedHttpRequest } from './http-request.js';
import { signTc3 } from './tc3-sign.js';
import { parseTc3Authorization, verifyTc3 } from './tc3-verify.js';

const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
);
const signed = fc.record({
  method: fc.constantFrom('GET' as const, 'POST' as const),
  host,
  port: fc.integer({ min: 1, max: 65_535 }),
  signsPort: fc.boolean(),
  query: fc.webQueryParameters(),
  body: fc.uint8Array({ maxLength: 200 }),
  contentType: fc.constantFrom('application/json', 'application/json; charset=utf-8'),
  timestampSeconds: fc.integer({ min: 0, max: 4_000_000_000 }),
  service: fc.stringMatching(/^[a-z0-9:.-]{1,20}$/),
  secretId: fc.stringMatching(/^[A-Za-z0-9]{1,36}$/),
  secretKey: fc.string({ minLength: 1 }),
});

function toRequest(input: typeof signed extends fc.Arbitrary<infer T> ? T : never): [SignedHttpRequest, string] {
  const withPort = `${input.host}:${input.port}`;
  const authorization = signTc3({
    ...input,
    path: '/',
    query: input.method === 'GET' ? input.query : '',
    host: input.signsPort ? withPort : input.host,
  });
  const headers = { host: withPort, 'content-type': input.contentType };
  const { method, body } = input;
  return [{ method, rawPath: '/', rawQuery: input.query, headers, body }, authorization];
}

describe('verifyTc3', () => {
  it('accepts everything signTc3 makes, and nothing that changed afterwards', () => {
    fc.assert(
      fc.property(signed, (input) => {
        const [request, text] = toRequest(input);
        const timestamp = String(input.timestampSeconds);
        const authorization = parseTc3Authorization(text);
        expect(authorization).toMatchObject({ secretId: input.secretId, service: input.service });
        expect(verifyTc3(request, authorization!, timestamp, input.secretKey)).toBe(true);
        expect(verifyTc3(request, authorization!, timestamp, `${input.secretKey}!`)).toBe(false);
        expect(verifyTc3(request, authorization!, `${timestamp}0`, input.secretKey)).toBe(false);
        const otherBody = { ...request, body: Buffer.concat([request.body, Buffer.from('x')]) };
        expect(verifyTc3(otherBody, authorization!, timestamp, input.secretKey)).toBe(false);
        const otherHost = { ...request, headers: { ...request.headers, host: 'other.invalid' } };
        expect(verifyTc3(otherHost, authorization!, timestamp, input.secretKey)).toBe(false);
        const otherType = { ...request, headers: { ...request.headers, 'content-type': 'text/plain' } };
        expect(verifyTc3(otherType, authorization!, timestamp, input.secretKey)).toBe(false);
        const otherQuery = { ...request, rawQuery: `${request.rawQuery}&x=1` };
        expect(verifyTc3(otherQuery, authorization!, timestamp, input.secretKey)).toBe(input.method === 'POST');
      }),
      { numRuns: 200 },
    );
  });

  it('accepts a public host, a forwarded one, and `/` signed under a longer path', () => {
    const body = Buffer.from('{}');
    const input = { method: 'POST', path: '/', query: '', body, contentType: 'application/json', service: 'car' };
    const key = { secretId: 'a', secretKey: 'b', timestampSeconds: 1 };
    const authorization = parseTc3Authorization(signTc3({ ...input, ...key, host: 'public.test:1' }));
    const base = { method: 'POST', rawQuery: '', body } as const;
    const headers = { host: 'inner', 'content-type': 'application/json' };
    const verify = (request: SignedHttpRequest, publicHosts: string[] = []) =>
      verifyTc3(request, authorization!, '1', 'b', publicHosts);
    expect(verify({ ...base, rawPath: '/', headers })).toBe(false);
    expect(verify({ ...base, rawPath: '/', headers }, ['public.test:1'])).toBe(true);
    expect(verify({ ...base, rawPath: '/sub/', headers: { ...headers, 'x-forwarded-host': 'public.test:1' } })).toBe(
      true,
    );
  });
});

describe('parseTc3Authorization', () => {
  it('never throws, and finds only well-formed headers', () => {
    const garbled = fc.array(
      fc.constantFrom(
        'TC3-HMAC-SHA256 ',
        'Credential=',
        'SignedHeaders=',
        'Signature=',
        'content-type;host',
        ',',
        '/',
        '=',
        'a/2020-01-01/car/tc3_request',
        '0'.repeat(64),
        ' ',
        '\u0000',
        '__proto__',
      ),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          garbled.map((parts) => parts.join('')),
        ),
        (text) => {
          const parsed = parseTc3Authorization(text);
          if (parsed === null) return;
          expect(parsed.signedHeaders).toEqual(expect.arrayContaining(['content-type', 'host']));
          expect(parsed.signature).toMatch(/^[0-9a-f]{64}$/);
        },
      ),
    );
  });

  const good = `TC3-HMAC-SHA256 Credential=id/2020-01-01/car/tc3_request, SignedHeaders=content-type;host, Signature=${'a'.repeat(64)}`;
  it('reads fields in any order and spacing, and a service with a slash', () => {
    expect(parseTc3Authorization(good)).not.toBeNull();
    const shuffled = `TC3-HMAC-SHA256 Signature=${'A'.repeat(64)},SignedHeaders=Content-Type;Host;X-TC-Action,Credential=id/2020-01-01/h:1/api/tc3_request`;
    expect(parseTc3Authorization(shuffled)).toEqual({
      secretId: 'id',
      date: '2020-01-01',
      service: 'h:1/api',
      signedHeaders: ['content-type', 'host', 'x-tc-action'],
      signature: 'a'.repeat(64),
    });
  });

  it.each([
    good.replace('TC3', 'TC4'),
    good.replace('content-type;host', 'host'),
    good.replace('content-type;host', 'content-type'),
    good.replace('content-type;host', 'content-type;host;host'),
    good.replace('content-type;host', `content-type;host;${Array.from({ length: 40 }, (_, i) => `h${i}`).join(';')}`),
    good.replace('tc3_request', 'request'),
    good.replace('2020-01-01', 'today'),
    good.replace('id/', '/'),
    good.replace('aaaa', 'zzzz'),
    `${good}, Signature=${'b'.repeat(64)}`,
    good + ' '.repeat(3000),
  ])('refuses %.150s', (text) => {
    expect(parseTc3Authorization(text)).toBeNull();
  });
});
