import { connect } from 'node:net';
import { computeV1Signature } from '@cloudstage/cloud-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  disabledKey,
  responseOf,
  sendRaw,
  startTestServer,
  type Tc3TestOptions,
  type TestServer,
  tc3Headers,
  testKey,
  testOffer,
} from './api-server.testkit.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    publicHosts: ['render.example.com:8443'],
    // Apart from the one under test, no limit may interfere with many quick calls.
    rateLimits: { DescribeConcurrentCount: 100_000 },
  });
});
afterAll(() => server.close());

async function call(body: string | Buffer, options: Tc3TestOptions = {}) {
  const headers = tc3Headers(body, options);
  return responseOf(await sendRaw(server.port, { headers, body }));
}

async function codeOf(body: string | Buffer, options: Tc3TestOptions = {}) {
  return (await call(body, options)).Error?.Code ?? 'none';
}

/** A version 1 request made by hand. */
function v1Query(changes: Record<string, string> = {}, host = server.host, method: 'GET' | 'POST' = 'GET'): string {
  const parameters = new Map(
    Object.entries({
      Action: 'DescribeConcurrentCount',
      Version: '2022-01-10',
      Timestamp: String(Math.floor(Date.now() / 1000)),
      Nonce: '1',
      SecretId: testKey.secretId,
      ...changes,
    }),
  );
  const signature = computeV1Signature({ method, host, path: '/' }, parameters, 'HmacSHA1', testKey.secretKey);
  return new URLSearchParams([...parameters, ['Signature', signature]]).toString();
}

describe('signature version 3', () => {
  const body = JSON.stringify({ ProjectId: 'cap-one' });
  const now = () => Math.floor(Date.now() / 1000);
  it.each<[string, Tc3TestOptions]>([
    ['host as received', { host: 'car.test:8080' }],
    ['host without the port', { host: 'car.test:8080', signedHost: 'car.test' }],
    ['an IPv6 host without the port', { host: '[::1]:8080', signedHost: '[::1]' }],
    ['a configured public host', { host: 'internal:1', signedHost: 'render.example.com:8443' }],
    ['a configured public host without port', { host: 'internal:1', signedHost: 'render.example.com' }],
    [
      'the host before a proxy',
      { host: 'internal', signedHost: 'api.example.org', extra: { 'x-forwarded-host': 'api.example.org:443, inner' } },
    ],
    ['a service made of an address', { service: '127' }],
    ['a service with a port', { service: 'localhost:8080' }],
    ['a content type with charset', { contentType: 'application/json; charset=utf-8' }],
    [
      'the action, lower-cased',
      {
        extraSigned: { 'x-tc-action': 'describeconcurrentcount' },
      },
    ],
    ['the action as sent', { extraSigned: { 'x-tc-action': 'DescribeConcurrentCount' } }],
    ['all values lower-cased', { host: 'Car.Test', signedHost: 'car.test' }],
    ['no payload', { payload: 'UNSIGNED-PAYLOAD', extra: { 'x-tc-content-sha256': 'UNSIGNED-PAYLOAD' } }],
    ['literal null region', { extra: { 'x-tc-region': 'null', 'x-tc-token': 'undefined' } }],
    ['a clock four minutes behind', { timestamp: now() - 240 }],
    ['a clock four minutes ahead', { timestamp: now() + 240 }],
  ])('accepts %s', async (_name, options) => {
    expect(await call(body, options)).toMatchObject({ Total: 2 });
  });

  it.each<[string, string, Tc3TestOptions]>([
    ['another host', 'AuthFailure.SignatureFailure', { signedHost: 'elsewhere.test' }],
    ['another body', 'AuthFailure.SignatureFailure', { payload: '{}' }],
    ['an unsigned payload that is not announced', 'AuthFailure.SignatureFailure', { payload: 'UNSIGNED-PAYLOAD' }],
    ['a wrong secret', 'AuthFailure.SignatureFailure', { secretKey: 'wrong' }],
    ['a scope of another day', 'AuthFailure.SignatureFailure', { scopeDate: '2020-01-01' }],
    ['an unknown key', 'AuthFailure.SecretIdNotFound', { secretId: 'AKIDnobody' }],
    ['a disabled key', 'AuthFailure.SecretIdNotFound', disabledKey],
    ['a malformed key id', 'AuthFailure.InvalidSecretId', { secretId: 'a b' }],
    ['a stale timestamp', 'AuthFailure.SignatureExpire', { timestamp: now() - 400 }],
    ['a timestamp from the future', 'AuthFailure.SignatureExpire', { timestamp: now() + 400 }],
    ['a signed header that was not sent', 'AuthFailure.SignatureFailure', { extraSigned: { 'x-tc-action': 'other' } }],
    ['another version', 'NoSuchVersion', { version: '2017-03-12' }],
    ['no version', 'MissingParameter', { version: '' }],
    ['no action', 'MissingParameter', { action: '' }],
    ['an unknown action', 'InvalidAction', { action: 'CreateExperienceCode' }],
    ['a name every object has', 'InvalidAction', { action: 'constructor' }],
    ['a token', 'AuthFailure.TokenFailure', { extra: { 'x-tc-token': 'abc' } }],
    ['a timestamp that is none', 'InvalidParameterValue', { extra: { 'x-tc-timestamp': 'soon' } }],
    ['no timestamp', 'MissingParameter', { extra: { 'x-tc-timestamp': '' } }],
    ['a multipart body', 'InvalidRequest', { contentType: 'multipart/form-data; boundary=x' }],
    ['a form body', 'InvalidRequest', { contentType: 'application/x-www-form-urlencoded' }],
  ])('refuses %s with %s', async (_name, code, options) => {
    expect(await codeOf(body, options)).toBe(code);
  });

  it.each([
    'SKIP',
    'Bearer x',
    'TC3-HMAC-SHA256',
    'TC3-HMAC-SHA256 Credential=',
    'TC3-HMAC-SHA256 Credential=a/2020-01-01/car/tc3_request, SignedHeaders=content-type, Signature=00',
    `TC3-HMAC-SHA256 Credential=a/2020-01-01/car/tc3_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    'x'.repeat(5000),
  ])('calls %.60s an invalid Authorization', async (authorization) => {
    expect(await codeOf(body, { extra: { authorization } })).toBe('AuthFailure.InvalidAuthorization');
  });

  it('answers garbled headers with a named error and lives on', async () => {
    const printable = fc.string({ unit: fc.constantFrom(...' !,/;=%ABCabcTC3-HMAC0123456789'), maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(printable, printable, printable, async (authorization, type, timestamp) => {
        const extra = { authorization, 'content-type': type, 'x-tc-timestamp': timestamp };
        expect(await codeOf(body, { extra })).toMatch(
          /^(AuthFailure|InvalidParameterValue|MissingParameter|InvalidRequest)/,
        );
      }),
      { numRuns: 60 },
    );
    expect(await codeOf(body)).toBe('none');
  });
});

describe('signature version 1', () => {
  const get = async (query: string, path = '/') =>
    responseOf(await sendRaw(server.port, { method: 'GET', path: `${path}?${query}`, headers: { host: server.host } }));

  it('accepts the host with and without the port', async () => {
    expect(await get(v1Query())).toMatchObject({ Total: 4 });
    expect(await get(v1Query({}, '127.0.0.1'))).toMatchObject({ Total: 4 });
    expect(await get(v1Query({}, 'render.example.com:8443'))).toMatchObject({ Total: 4 });
  });

  it.each<[string, Record<string, string>]>([
    ['AuthFailure.SecretIdNotFound', { SecretId: 'nobody' }],
    ['AuthFailure.SignatureExpire', { Timestamp: '1600000000' }],
    ['InvalidParameterValue', { Timestamp: '1e9' }],
    ['InvalidParameterValue', { SignatureMethod: 'HmacMD5' }],
    ['AuthFailure.SignatureFailure', { SignatureMethod: 'HmacSHA256' }],
    ['NoSuchVersion', { Version: '1' }],
    ['InvalidAction', { Action: 'Nothing' }],
    ['UnknownParameter', { Color: 'red' }],
    ['UnknownParameter', { __proto: 'x', '__proto__.polluted': 'x' }],
    ['InvalidParameter', { 'ProjectId.0': 'cap-one' }],
    ['InvalidParameter', { 'Filters.7.Name': 'x' }],
    ['MissingParameter', { Action: '' }],
  ])('answers %s to %j', async (code, changes) => {
    expect((await get(v1Query(changes))).Error?.Code).toBe(code);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('names what is missing when nothing is given', async () => {
    expect((await get('')).Error).toEqual({ Code: 'MissingParameter', Message: 'The parameter `Action` is missing.' });
    const unsigned = await get('Action=DescribeConcurrentCount&Version=2022-01-10');
    expect(unsigned.Error?.Message).toBe('The parameter `SecretId` is missing.');
    expect(responseOf(await sendRaw(server.port, { headers: {}, body: '' })).Error?.Code).toBe('MissingParameter');
    const headers = { 'x-tc-action': 'DescribeConcurrentCount' };
    const bare = responseOf(await sendRaw(server.port, { headers, body: '{}' }));
    expect(bare.Error?.Code).toBe('AuthFailure.InvalidAuthorization');
  });
});

describe('parameters', () => {
  it.each<[string, string, string, string]>([
    ['DescribeConcurrentCount', '{"Color":"red"}', 'UnknownParameter', 'The parameter `Color` is not recognized.'],
    [
      'DescribeConcurrentCount',
      '{"__proto__":{"x":1}}',
      'UnknownParameter',
      'The parameter `__proto__` is not recognized.',
    ],
    [
      'DescribeConcurrentCount',
      '{"ProjectId":7}',
      'InvalidParameter',
      'The parameter `ProjectId` must be of type string.',
    ],
    ['DescribeConcurrentCount', '{"ProjectId":', 'InvalidParameter.JsonParseError', 'The request body is not JSON: '],
    ['DescribeConcurrentCount', '[1]', 'InvalidParameter', 'The request body must be a JSON object.'],
    [
      'DescribeConcurrentCount',
      '{"ApplicationCategory":"TABLET"}',
      'InvalidParameterValue',
      'The parameter `ApplicationCategory` must be one of "DESKTOP", "MOBILE".',
    ],
    [
      'DescribeConcurrentCount',
      '{"ProjectId":"cap-none"}',
      'InvalidParameterValue',
      'The parameter `ProjectId` names no project.',
    ],
    [
      'ApplyConcurrent',
      '{"UserIp":"::1","ProjectId":"cap-one"}',
      'MissingParameter',
      'The parameter `UserId` is missing.',
    ],
    [
      'ApplyConcurrent',
      `{"UserId":"${'x'.repeat(129)}","UserIp":"::1","ProjectId":"cap-one"}`,
      'InvalidParameterValue',
      'The parameter `UserId` must have at most 128 characters.',
    ],
    ['CreateSession', '{"UserId":"u","UserIp":"::1"}', 'MissingParameter', 'The parameter `ClientSession` is missing.'],
    [
      'CreateSession',
      '{"UserId":"u","UserIp":"::1","RunMode":"x"}',
      'InvalidParameterValue',
      'The parameter `RunMode` must be',
    ],
    [
      'CreateSession',
      '{"UserId":"u","UserIp":"::1","ClientSession":"***"}',
      'InvalidParameter.JsonParseError',
      'ClientSession cannot be read: ClientSession is not base64',
    ],
  ])('%s %.50s → %s', async (action, body, code, message) => {
    const { Error: error } = await call(body, { action });
    expect(error?.Code).toBe(code);
    expect(error?.Message.startsWith(message), error?.Message).toBe(true);
  });

  it('takes null for absent and an empty body for {}', async () => {
    expect(await call('{"ProjectId":null}')).toMatchObject({ Total: 4 });
    expect(await call('')).toMatchObject({ Total: 4 });
  });

  it('survives ten million brackets and invalid UTF-8', async () => {
    expect(await codeOf(`{"ProjectId":${'['.repeat(5_000_000)}${']'.repeat(5_000_000 - 100)}}`)).toMatch(
      /^InvalidParameter/,
    );
    expect(await codeOf(`{"ProjectId":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)).toBe('InvalidParameter');
    expect(await codeOf(Buffer.from([0x7b, 0xff, 0x7d]))).toBe('InvalidParameter.JsonParseError');
  });

  it('speaks the language of X-TC-Language', async () => {
    const { Error: error } = await call('{"Color":1}', { extra: { 'x-tc-language': 'zh-CN' } });
    expect(error).toEqual({ Code: 'UnknownParameter', Message: '未知参数 `Color`。' });
    const signature = await call('{}', { secretKey: 'no', extra: { 'x-tc-language': 'zh-cn' } });
    expect(signature.Error?.Message).toMatch(/签名错误/);
  });
});

describe('sizes', () => {
  it('answers a body of 11 MB, read to its end', async () => {
    const body = `{"ProjectId":"${'x'.repeat(11 * 1024 * 1024)}"}`;
    expect(await codeOf(body)).toBe('RequestSizeLimitExceeded');
    expect(await codeOf('{}')).toBe('none');
  });

  it('answers a form of 2 MB, and accepts JSON of that size as far as the size goes', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const form = await sendRaw(server.port, { headers, body: `Action=${'x'.repeat(2 * 1024 * 1024)}` });
    expect(responseOf(form).Error?.Code).toBe('RequestSizeLimitExceeded');
    expect(await codeOf(`{"ProjectId":"${'x'.repeat(2 * 1024 * 1024)}"}`)).toBe('InvalidParameterValue');
  });

  it.each([31, 33, 200])('answers a query of %i KiB', async (kibibytes) => {
    const path = `/?Action=${'x'.repeat(kibibytes * 1024)}`;
    const code = responseOf(await sendRaw(server.port, { method: 'GET', path })).Error?.Code;
    expect(code).toBe(kibibytes > 32 ? 'RequestSizeLimitExceeded' : 'MissingParameter');
  });

  it('does not wait for the rest of a body whose sender went away', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    expect(await codeOf('{}')).toBe('none');
  });
});

describe('the edges of the protocol', () => {
  it('answers other methods in the envelope and leaves other paths alone', async () => {
    expect(responseOf(await sendRaw(server.port, { method: 'PUT', body: 'x' })).Error?.Code).toBe(
      'UnsupportedProtocol',
    );
    expect((await sendRaw(server.port, { method: 'GET', path: '/nothing' })).status).toBe(404);
  });

  it('limits each action by itself and recovers', async () => {
    let nowMs = Date.now();
    const limited = await startTestServer({ rateLimits: { DestroySession: 3 } }, () => nowMs);
    const codeAt = async (body: string, action: string) => {
      const headers = tc3Headers(body, { action, timestamp: Math.floor(nowMs / 1000) });
      return responseOf(await sendRaw(limited.port, { headers, body })).Error?.Code ?? 'none';
    };
    try {
      const destroy = () => codeAt('{"UserId":"nobody"}', 'DestroySession');
      const codes = [await destroy(), await destroy(), await destroy(), await destroy()];
      expect(codes).toEqual(['none', 'none', 'none', 'RequestLimitExceeded']);
      expect(await codeAt('{}', 'DescribeConcurrentCount')).toBe('none');
      nowMs += 334;
      expect([await destroy(), await destroy()]).toEqual(['none', 'RequestLimitExceeded']);
    } finally {
      await limited.close();
    }
  });

  it('hides what went wrong inside, and logs it once under the request id', async () => {
    await call('{"UserId":"u","UserIp":"::1","ProjectId":"cap-one"}', { action: 'ApplyConcurrent' });
    server.services.nextCreateOutcome = () => Promise.reject(new Error('password of /var/lib/database is hunter2'));
    const body = JSON.stringify({ UserId: 'u', UserIp: '::1', ClientSession: testOffer });
    const reply = await call(body, { action: 'CreateSession' });
    expect(reply.Error?.Code).toBe('InternalError');
    expect(JSON.stringify(reply)).not.toContain('hunter2');
    const lines = server.logs.filter((line) => line.requestId === reply.RequestId);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('hunter2');
    expect(JSON.stringify(server.logs)).not.toContain(testKey.secretKey);
  });
});

describe('a slow use case', () => {
  it('is answered with ProcessTimeout, and its late failure is only logged', async () => {
    const slow = await startTestServer({ deadlinesMs: { CreateSession: 50 } });
    try {
      let fail = (_error: Error): void => undefined;
      slow.services.nextCreateOutcome = () => new Promise((_resolve, reject) => (fail = reject));
      const body = JSON.stringify({ UserId: 'u', UserIp: '::1', ClientSession: testOffer });
      const headers = tc3Headers(body, { action: 'CreateSession' });
      const reply = responseOf(await sendRaw(slow.port, { headers, body }));
      expect(reply.Error?.Code).toBe('FailedOperation.ProcessTimeout');
      fail(new Error('the node came back too late'));
      await expect.poll(() => JSON.stringify(slow.logs), { timeout: 30_000 }).toContain('the node came back too late');
    } finally {
      await slow.close();
    }
  });
});
