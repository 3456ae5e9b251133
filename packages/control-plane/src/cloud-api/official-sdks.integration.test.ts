import { createCloudApiClient } from '@cloudstage/cloud-api';
import { decodeServerSession } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestServer, type TestServer, testKey, testOffer } from './api-server.testkit.js';
import {
  type Call,
  chinaSdk as chinaPackage,
  commonSdk,
  internationalSdk as internationalPackage,
  type SdkOptions,
} from './conformance/official-sdks.testkit.js';

/** The edge alone, over services in memory; `conformance/` drives the whole control plane. */
const chinaSdk = (options: Partial<SdkOptions> = {}): Call =>
  chinaPackage({ endpoint: server.host, ...testKey, ...options });
const internationalSdk = (options: Partial<SdkOptions> = {}): Call =>
  internationalPackage({ endpoint: server.host, ...testKey, ...options });

let server: TestServer;
beforeAll(async () => {
  // Both packages send everything through this proxy when it is set.
  vi.stubEnv('http_proxy', '');
  server = await startTestServer();
});
afterAll(() => server.close());
afterEach(async () => {
  for (const UserId of ['u1', 'u2', 'u3', '用户 & +=%'])
    await server.services.destroySession(caller, { userId: UserId });
});
const caller = { accountId: 'account-1', requestId: 'test' };

const ways: [string, () => Call][] = [
  ['China package, TC3, POST', () => chinaSdk()],
  ['China package, TC3, GET', () => chinaSdk({ reqMethod: 'GET' })],
  ['China package, HmacSHA1, POST', () => chinaSdk({ signMethod: 'HmacSHA1' })],
  ['China package, HmacSHA256, GET', () => chinaSdk({ signMethod: 'HmacSHA256', reqMethod: 'GET' })],
  ['international package, its default (v1 HmacSHA256, POST)', () => internationalSdk()],
  ['international package, v1 HmacSHA256, GET', () => internationalSdk({ reqMethod: 'GET' })],
  ['international package, v1 HmacSHA1, POST', () => internationalSdk({ signMethod: 'HmacSHA1' })],
  ['international package, v1 HmacSHA1, GET', () => internationalSdk({ signMethod: 'HmacSHA1', reqMethod: 'GET' })],
  ['international package, TC3, POST', () => internationalSdk({ signMethod: 'TC3-HMAC-SHA256' })],
  ['international package, TC3, GET', () => internationalSdk({ signMethod: 'TC3-HMAC-SHA256', reqMethod: 'GET' })],
  ['China package, host name endpoint', () => chinaSdk({ endpoint: `localhost:${server.port}` })],
];

describe.each(ways)('%s', (_name, make) => {
  it('applies, creates, counts and destroys', async () => {
    const call = make();
    const user = { UserId: '用户 & +=%', UserIp: '203.0.113.7' };
    const applied = await call('ApplyConcurrent', { ...user, ProjectId: 'cap-one', ApplicationVersionId: '' });
    expect(applied.RequestId).toMatch(/^[0-9a-f-]{36}$/);
    const created = await call('CreateSession', {
      ...user,
      ClientSession: testOffer,
      ApplicationParameters: "-a 'b c' +d=%20&e!()*~",
    });
    const serverSession = decodeServerSession(String(created.ServerSession));
    expect(serverSession).toMatchObject({ code: 0, type: 'answer', user_id: user.UserId });
    expect(server.services.seen.at(-1)).toMatchObject({
      action: 'CreateSession',
      input: { userId: user.UserId, applicationParameters: "-a 'b c' +d=%20&e!()*~", runWithoutClient: false },
    });
    expect(await call('DescribeConcurrentCount', { ProjectId: 'cap-one' })).toMatchObject({ Total: 2, Running: 1 });
    await call('DestroySession', { UserId: user.UserId });
    expect(await call('DescribeConcurrentCount', {})).toMatchObject({ Total: 4, Running: 0 });
  });

  it('gets code, message and request id of a refusal', async () => {
    const call = make();
    await call('ApplyConcurrent', { UserId: 'u1', UserIp: '::1', ProjectId: 'cap-one' });
    await call('ApplyConcurrent', { UserId: 'u2', UserIp: '::1', ProjectId: 'cap-one' });
    const third = call('ApplyConcurrent', { UserId: 'u3', UserIp: '::1', ProjectId: 'cap-one' });
    await expect(third).rejects.toMatchObject({
      code: 'ResourceNotFound.NoIdle',
      message: 'No idle concurrency is left.',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await expect(
      call('CreateSession', { UserId: 'u3', UserIp: '::1', ClientSession: testOffer }),
    ).rejects.toMatchObject({
      code: 'FailedOperation.LockTimeout',
    });
    await expect(call('ApplyConcurrent', { UserId: 'u3', UserIp: '::1' })).rejects.toMatchObject({
      code: 'MissingParameter',
      message: 'The parameter `ProjectId` is missing.',
    });
  });
});

describe.each([
  ['China package', chinaSdk, 'TC3-HMAC-SHA256'],
  ['China package', chinaSdk, 'HmacSHA256'],
  ['international package', internationalSdk, 'HmacSHA256'],
] as const)('%s with a bad key', (_name, make, signMethod) => {
  it(`tells a wrong secret from an unknown key (${signMethod})`, async () => {
    const wrong = make({ signMethod, secretKey: 'wrong' });
    await expect(wrong('DescribeConcurrentCount', {})).rejects.toMatchObject({ code: 'AuthFailure.SignatureFailure' });
    const unknown = make({ signMethod, secretId: 'AKIDnobody' });
    await expect(unknown('DescribeConcurrentCount', {})).rejects.toMatchObject({
      code: 'AuthFailure.SecretIdNotFound',
    });
  });
});

it('speaks Chinese when the China package asks for it, in both signature versions', async () => {
  for (const signMethod of ['TC3-HMAC-SHA256', 'HmacSHA256']) {
    const call = chinaSdk({ language: 'zh-CN', signMethod });
    await expect(call('CreateSession', { UserId: 'u3', UserIp: '::1' })).rejects.toMatchObject({
      code: 'MissingParameter',
      message: '缺少参数 `ClientSession`。',
    });
  }
});

it('refuses the token of temporary credentials, signed or not', async () => {
  for (const signMethod of ['TC3-HMAC-SHA256', 'HmacSHA1']) {
    const call = chinaSdk({ token: 'temporary', signMethod });
    await expect(call('DescribeConcurrentCount', {})).rejects.toMatchObject({ code: 'AuthFailure.TokenFailure' });
  }
});

it('answers InvalidAction to an action of the platform that is not offered', async () => {
  const refused = commonSdk({ endpoint: server.host, ...testKey })('CreateExperienceCode', { ApplicationId: 'app-1' });
  await expect(refused).rejects.toMatchObject({ code: 'InvalidAction' });
});

it('starts without a client, and refuses an unreadable ClientSession with the reason', async () => {
  const call = chinaSdk();
  const user = { UserId: 'u1', UserIp: '::1' };
  await call('ApplyConcurrent', { ...user, ProjectId: 'cap-one' });
  expect(await call('CreateSession', { ...user, RunMode: 'RunWithoutClient' })).toMatchObject({ ServerSession: '' });
  await expect(call('CreateSession', { ...user, ClientSession: 'e30=' })).rejects.toMatchObject({
    code: 'InvalidParameter.JsonParseError',
    message: expect.stringMatching(/^ClientSession cannot be read: .*sdp/),
  });
});

it('works with our own client, whose errors carry the public code', async () => {
  const client = createCloudApiClient({ endpoint: `http://${server.host}`, ...testKey });
  await client.applyConcurrent({ UserId: 'u1', UserIp: '::1', ProjectId: 'cap-two' });
  expect(await client.call('DescribeConcurrentCount', { ProjectId: 'cap-two' })).toMatchObject({
    Total: 2,
    Running: 1,
  });
  const { ServerSession } = await client.createSession({ UserId: 'u1', UserIp: '::1', ClientSession: testOffer });
  expect(decodeServerSession(ServerSession).user_id).toBe('u1');
  await expect(client.applyConcurrent({ UserId: 'u', UserIp: '::1', ProjectId: 'cap-x' })).rejects.toMatchObject({
    code: 'InvalidParameterValue',
    details: { requestId: expect.any(String) },
  });
  const nowhere = createCloudApiClient({ endpoint: 'http://127.0.0.1:1', ...testKey });
  await expect(nowhere.destroySession({ UserId: 'u' })).rejects.toMatchObject({ code: 'cloud-api-unreachable' });
});
