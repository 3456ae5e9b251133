import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  disabledKey,
  elsewhereKey,
  expiredKey,
  readerKey,
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
  server = await startTestServer({ rateLimits: { DescribeConcurrentCount: 100_000 } });
});
afterAll(() => server.close());
beforeEach(() => {
  server.services.audited.length = 0;
  server.services.used.length = 0;
});

async function call(body: string, options: Tc3TestOptions & { from?: TestServer } = {}) {
  const { from = server, ...signing } = options;
  return responseOf(await sendRaw(from.port, { headers: tc3Headers(body, signing), body }));
}
const codeOf = async (body: string, options: Tc3TestOptions & { from?: TestServer } = {}) =>
  (await call(body, options)).Error?.Code ?? 'none';
const destroy = JSON.stringify({ UserId: 'u1' });

describe('permissions', () => {
  it('allow what the key lists and refuse the rest', async () => {
    expect(await codeOf('{}', { ...readerKey, action: 'DescribeConcurrentCount' })).toBe('none');
    expect(await codeOf(destroy, { ...readerKey, action: 'DestroySession' })).toBe('AuthFailure.UnauthorizedOperation');
    expect(server.services.seen.filter(({ action }) => action === 'DestroySession')).toEqual([]);
  });

  it('are looked at after version and action, and before rate and parameters', async () => {
    const reader = { ...readerKey, action: 'DestroySession' };
    expect(await codeOf(destroy, { ...reader, version: '2017-01-01' })).toBe('NoSuchVersion');
    expect(await codeOf(destroy, { ...reader, action: 'DestroyEverything' })).toBe('InvalidAction');
    expect(await codeOf('{"Nonsense":1}', reader)).toBe('AuthFailure.UnauthorizedOperation');
    expect(await codeOf('not JSON', reader)).toBe('AuthFailure.UnauthorizedOperation');
    const limited = await startTestServer({ rateLimits: { DestroySession: 1 } }, () => 1_700_000_000_000);
    try {
      const options = { from: limited, action: 'DestroySession', timestamp: 1_700_000_000 };
      const codes: string[] = [];
      for (let count = 0; count < 3; count += 1) codes.push(await codeOf(destroy, { ...options, ...readerKey }));
      expect(codes).toEqual(Array(3).fill('AuthFailure.UnauthorizedOperation'));
      // What was refused has used up the rate of the account, and only that leaves entries.
      expect(await codeOf(destroy, options)).toBe('RequestLimitExceeded');
      expect(limited.services.audited.map(({ result }) => result?.outcome)).toEqual([
        'AuthFailure.UnauthorizedOperation',
      ]);
    } finally {
      await limited.close();
    }
  });
});

describe('a key', () => {
  it('that has expired or is disabled does not exist', async () => {
    expect(await codeOf('{}', expiredKey)).toBe('AuthFailure.SecretIdNotFound');
    expect(await codeOf('{}', disabledKey)).toBe('AuthFailure.SecretIdNotFound');
    const early = await startTestServer({}, () => 1_599_999_999_999);
    try {
      expect(await codeOf('{}', { ...expiredKey, from: early, timestamp: 1_599_999_999 })).toBe('none');
    } finally {
      await early.close();
    }
  });

  it('with source ranges works from there only, which only its owner learns', async () => {
    expect(await codeOf('{}', elsewhereKey)).toBe('IpNotInWhitelist');
    expect(await codeOf('{}', { ...elsewhereKey, secretKey: 'wrong' })).toBe('AuthFailure.SignatureFailure');
  });

  it('is noted as used when its signature is right', async () => {
    await call('{}');
    await call('{}', { secretKey: 'wrong' });
    expect(server.services.used).toEqual([testKey.secretId]);
  });
});

describe('an address whose calls fail authentication again and again', () => {
  it('is refused unseen, but not the keys that have just worked from there', async () => {
    let nowMs = 1_700_000_000_000;
    const guarded = await startTestServer({ authFailureRateLimit: 1 }, () => nowMs);
    const signing = () => ({ from: guarded, timestamp: Math.floor(nowMs / 1000) });
    try {
      expect(await codeOf('{}', signing())).toBe('none');
      const codes = new Map<string, number>();
      for (let count = 0; count < 40; count += 1) {
        const code = await codeOf('{}', { ...signing(), secretId: `AKIDguess${count}` });
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      expect(Object.fromEntries(codes)).toEqual({
        'AuthFailure.SecretIdNotFound': 30,
        'RequestLimitExceeded.IPLimitExceeded': 10,
      });
      expect(await codeOf('{}', signing())).toBe('none');
      expect(await codeOf('{}', { ...signing(), ...readerKey })).toBe('RequestLimitExceeded.IPLimitExceeded');
      nowMs += 1_000;
      expect(await codeOf('{}', { ...signing(), ...readerKey })).toBe('none');
      nowMs += 30_000;
      expect(await codeOf('{}', { ...signing(), secretId: 'AKIDguess' })).toBe('AuthFailure.SecretIdNotFound');
    } finally {
      await guarded.close();
    }
  });
});

describe('the audit log', () => {
  const user = { UserId: 'u1', UserIp: '198.51.100.4' };

  it('gets every change with its outcome, and no query', async () => {
    const reply = await call(JSON.stringify({ ...user, ProjectId: 'cap-one' }), { action: 'ApplyConcurrent' });
    await call('{}', { action: 'DescribeConcurrentCount' });
    await call(JSON.stringify({ ...user, ProjectId: 'cap-none' }), { action: 'ApplyConcurrent' });
    await call('{}', { action: 'ApplyConcurrent' });
    expect(server.services.audited.map(({ event, result }) => [event.action, result?.outcome])).toEqual([
      ['ApplyConcurrent', 'ok'],
      ['ApplyConcurrent', 'InvalidParameterValue'],
      ['ApplyConcurrent', 'MissingParameter'],
    ]);
    expect(server.services.audited[0]?.event).toEqual({
      at: expect.any(Number),
      actor: 'api',
      accountId: 'account-1',
      secretId: testKey.secretId,
      action: 'ApplyConcurrent',
      requestId: reply.RequestId,
      sourceAddress: '127.0.0.1',
      targets: ['u1', 'cap-one'],
      parameters: { ...user, ProjectId: 'cap-one' },
    });
  });

  it('gets no secrets, and no address of a user when it must not', async () => {
    const body = JSON.stringify({ ...user, ClientSession: testOffer, ApplicationParameters: '-login S3CRET' });
    await call(body, { action: 'CreateSession' });
    const text = JSON.stringify(server.services.audited);
    expect(text).toContain('"UserIp":"198.51.100.4"');
    expect(text).not.toContain('S3CRET');
    expect(text).not.toContain(testOffer);
    const discreet = await startTestServer({ auditUserIp: false });
    try {
      await call(body, { action: 'CreateSession', from: discreet });
      expect(discreet.services.audited).toHaveLength(1);
      expect(JSON.stringify(discreet.services.audited)).not.toContain('198.51.100.4');
    } finally {
      await discreet.close();
    }
  });

  it('tells of a call that broke', async () => {
    server.services.nextCreateOutcome = () => Promise.reject(new Error('broken'));
    const body = JSON.stringify({ ...user, ClientSession: testOffer });
    expect(await codeOf(body, { action: 'CreateSession' })).toBe('InternalError');
    expect(server.services.audited.map(({ result }) => result?.outcome)).toEqual(['InternalError']);
  });
});
