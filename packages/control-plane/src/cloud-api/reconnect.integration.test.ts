import { decodeClientSession } from '@cloudstage/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreateSessionOutcome } from '../services/contract.js';
import { sendRaw, startTestServer, type TestServer, testOffer } from './api-server.testkit.js';

const offer = decodeClientSession(testOffer);
const userId = 'a+b&c 50%';
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ reconnectRateLimit: 100_000 });
});
afterAll(() => server.close());
beforeEach(async () => {
  const caller = { accountId: 'account-1', requestId: 'test' };
  const input = { userId, userIp: '::1', projectId: 'cap-one', applicationId: '', applicationVersionId: '' };
  await server.services.applyConcurrent(caller, input);
});

/** The query as the official SDK writes it into the URL it fetches: nothing encoded but what a URL cannot hold. */
function sdkPath(token: string, uid: string): string {
  return new URL(`http://h/reconnect?host=127.0.0.1&port=8000&token=${token}&uid=${uid}`).href.slice('http://h'.length);
}

async function reconnect(path: string, body: string | Buffer = JSON.stringify(offer)) {
  const headers = { 'content-type': 'application/json', origin: 'https://page.test' };
  const reply = await sendRaw(server.port, { path, headers, body });
  expect(reply.status).toBe(200);
  expect(reply.headers['content-type']).toBe('application/json');
  expect(reply.headers['access-control-allow-origin']).toBe('*');
  return JSON.parse(reply.text) as { Code: number; Message: string; ServerSession?: string };
}

describe('POST /reconnect', () => {
  it('answers the offer with plain JSON text', async () => {
    const reply = await reconnect(sdkPath(server.services.tokenOf(userId), userId));
    expect(reply).toMatchObject({ Code: 0, Message: 'ok' });
    expect(JSON.parse(reply.ServerSession ?? '')).toMatchObject({ code: 0, type: 'answer', user_id: userId });
    expect(server.services.seen.at(-1)).toMatchObject({ action: 'reconnect', input: { userId, clientSession: offer } });
  });

  it('takes encoded values in any order too', async () => {
    const query = new URLSearchParams({ uid: userId, token: server.services.tokenOf(userId) });
    const path = `/reconnect?${query.toString().replaceAll('+', '%20')}`;
    expect(await reconnect(path)).toMatchObject({ Code: 0, Message: 'ok' });
  });

  it('stops the SDK when the token is wrong: Code 0 around a code that is not', async () => {
    const reply = await reconnect(sdkPath('forged', userId));
    expect(reply.Code).toBe(0);
    expect(JSON.parse(reply.ServerSession ?? '')).toMatchObject({ code: 2 });
  });

  it.each<[CreateSessionOutcome, 'retries' | number]>([
    [{ type: 'node-unreachable' }, 'retries'],
    [{ type: 'timeout' }, 'retries'],
    [{ type: 'slow-down' }, 'retries'],
    [{ type: 'initializing' }, 'retries'],
    [{ type: 'failed', message: 'secret path' }, 'retries'],
    [{ type: 'lock-timeout' }, 4000],
    [{ type: 'stopping' }, 4000],
    [{ type: 'offer-invalid', message: 'no video' }, 6],
    [{ type: 'codec-unsupported', message: 'VP9' }, 6],
    [{ type: 'role-limit' }, 9],
    [{ type: 'path-not-found', message: 'secret path' }, 7],
  ])('%j → %s', async (outcome, expected) => {
    server.services.nextCreateOutcome = async () => outcome;
    const reply = await reconnect(sdkPath('t', userId));
    expect(JSON.stringify(reply)).not.toContain('secret');
    if (expected === 'retries') {
      expect(reply).toMatchObject({ Code: 5000 });
      expect(reply.ServerSession).toBeUndefined();
    } else {
      expect(reply.Code).toBe(0);
      expect(JSON.parse(reply.ServerSession ?? '').code).toBe(expected);
    }
  });

  it('answers an exception without saying what it was', async () => {
    server.services.nextCreateOutcome = () => Promise.reject(new Error('secret'));
    expect(await reconnect(sdkPath('t', userId))).toEqual({ Code: 5000, Message: 'internal error' });
  });

  it.each<[string, string, string | Buffer, number]>([
    ['no token', '/reconnect?uid=u', '{}', 4002],
    ['no user', '/reconnect?token=t', '{}', 4002],
    ['no query', '/reconnect', '{}', 4002],
    ['a long token', `/reconnect?token=${'x'.repeat(2000)}&uid=u`, '{}', 4002],
    ['no JSON', '/reconnect?token=t&uid=u', '{', 4002],
    ['no body', '/reconnect?token=t&uid=u', '', 4002],
    ['a large body', '/reconnect?token=t&uid=u', 'x'.repeat(300_000), 4002],
  ])('refuses %s', async (_what, path, body, code) => {
    expect(await reconnect(path, body)).toMatchObject({ Code: code });
  });

  it.each(['{}', 'null', '[]', '{"sdp":"hello"}', '{"sdp":7}'])('stops the SDK for the offer %s', async (body) => {
    const reply = await reconnect('/reconnect?token=t&uid=u', body);
    expect(JSON.parse(reply.ServerSession ?? '{}').code).toBe(6);
  });
});

describe('CORS', () => {
  const headers = {
    origin: 'https://page.test',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  };
  it('answers the preflight for every origin by default', async () => {
    const reply = await sendRaw(server.port, { method: 'OPTIONS', path: '/reconnect?host=1', headers });
    expect(reply.status).toBe(204);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'content-type, authorization',
    });
  });

  it('names only configured origins when there are some', async () => {
    const closed = await startTestServer({ corsOrigins: ['https://page.test'] });
    try {
      const allowed = await sendRaw(closed.port, { method: 'OPTIONS', path: '/reconnect', headers });
      expect(allowed.headers['access-control-allow-origin']).toBe('https://page.test');
      expect(allowed.headers.vary).toBe('Origin');
      const other = { ...headers, origin: 'https://evil.test' };
      const refused = await sendRaw(closed.port, { method: 'OPTIONS', path: '/reconnect', headers: other });
      expect(refused.headers['access-control-allow-origin']).toBeUndefined();
    } finally {
      await closed.close();
    }
  });
});

it('limits one address', async () => {
  const limited = await startTestServer({ reconnectRateLimit: 1 }, () => 1_700_000_000_000);
  try {
    const send = async () => JSON.parse((await sendRaw(limited.port, { path: '/reconnect', body: '{}' })).text).Code;
    expect([await send(), await send()]).toEqual([4002, 5000]);
  } finally {
    await limited.close();
  }
});
