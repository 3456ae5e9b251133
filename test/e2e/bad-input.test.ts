import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contrast, launchBrowser, openPage, readLuma, receiverStats } from './support/browser.js';
import { sendHugeMessage } from './support/hostile-peer.js';
import { programPids, streamerPid } from './support/processes.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';

/** Hostile and broken input against the running product: a named error or silence, and nothing dies. */

let product: Product;
let browser: Browser;

beforeAll(async () => {
  product = await startProduct();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await disposeProduct(product);
});

async function rawCall(
  headers: Record<string, string>,
  body = '{}',
): Promise<{ status: number; code: string | undefined; type: string | null }> {
  const reply = await fetch(product.apiUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const json = (await reply.json()) as { Response: { Error?: { Code: string }; RequestId: string } };
  expect(json.Response.RequestId).toMatch(/^[0-9a-f-]{36}$/);
  return { status: reply.status, code: json.Response.Error?.Code, type: reply.headers.get('content-type') };
}

describe('the cloud API', () => {
  const action = { 'x-tc-action': 'ApplyConcurrent', 'x-tc-version': '2022-01-10' };
  const now = () => String(Math.floor(Date.now() / 1000));

  it.each([
    'garbage',
    'TC3-HMAC-SHA256',
    'TC3-HMAC-SHA256 Credential=, SignedHeaders=, Signature=',
    `TC3-HMAC-SHA256 Credential=${'A/'.repeat(2000)}`,
    'SKIP',
  ])('names a garbled Authorization: %.40s', async (authorization) => {
    const reply = await rawCall({ ...action, 'x-tc-timestamp': now(), authorization });
    expect(reply.status).toBe(200);
    expect(reply.type).toBe('application/json');
    expect(reply.code).toMatch(/^AuthFailure\./);
  });

  it('names a wrong signature', async () => {
    await expect(
      product.cloudApi('wrong').applyConcurrent({
        UserId: 'a',
        UserIp: '127.0.0.1',
        ProjectId: product.demo.ProjectId,
      }),
    ).rejects.toMatchObject({ code: 'AuthFailure.SignatureFailure' });
  });

  it('names a stale timestamp', async () => {
    const date = '2020-01-01';
    const reply = await rawCall({
      ...action,
      'x-tc-timestamp': '1577836800',
      authorization: `TC3-HMAC-SHA256 Credential=${product.accessKey.SecretId}/${date}/car/tc3_request, SignedHeaders=content-type;host, Signature=${'0'.repeat(64)}`,
    });
    expect(reply.code).toBe('AuthFailure.SignatureExpire');
  });

  it.each([
    ['not base64', '{"sdp": "v=0"}', 'InvalidParameter.JsonParseError'],
    ['not JSON', btoa('hello'), 'InvalidParameter.JsonParseError'],
    ['not SDP', btoa(JSON.stringify({ sdp: 'hello', type: 'offer' })), 'InvalidParameter.JsonParseError'],
    [
      'SDP without media',
      btoa(JSON.stringify({ sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n', type: 'offer' })),
      'InvalidParameterValue',
    ],
  ])('names a ClientSession that is %s', async (_, clientSession, code) => {
    const user = { UserId: 'bad-offer', UserIp: '127.0.0.1' };
    await product.cloudApi().applyConcurrent({ ...user, ProjectId: product.demo.ProjectId });
    await expect(product.cloudApi().createSession({ ...user, ClientSession: clientSession })).rejects.toMatchObject({
      code,
    });
    await product.cloudApi().destroySession({ UserId: user.UserId });
  });

  it('names an offer without H.264', async () => {
    const page = await openPage(browser, product.demoUrl);
    const sdp = await page.evaluate(async () => {
      const connection = new RTCPeerConnection();
      connection.createDataChannel('km');
      const video = connection.addTransceiver('video');
      const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
      video.setCodecPreferences(codecs.filter((codec) => codec.mimeType === 'video/VP9'));
      connection.addTransceiver('audio');
      const offer = await connection.createOffer();
      connection.close();
      return offer.sdp;
    });
    await page.context().close();
    const user = { UserId: 'no-h264', UserIp: '127.0.0.1' };
    await until('a slot', () => product.cloudApi().applyConcurrent({ ...user, ProjectId: product.demo.ProjectId }));
    await expect(
      product.cloudApi().createSession({ ...user, ClientSession: btoa(JSON.stringify({ sdp, type: 'offer' })) }),
    ).rejects.toMatchObject({ code: 'InvalidParameterValue', message: expect.stringMatching(/H\.?264/) });
    await product.cloudApi().destroySession({ UserId: user.UserId });
  });
});

describe('a player', () => {
  it('does not notice garbage on the media port, nor dies of huge channel messages', async () => {
    const page = await openPage(browser, `${product.demoUrl}/?userId=dora&autostart=1`);
    await until('the page to play', () => page.evaluate(() => document.body.dataset.state === 'playing'));
    await until('a picture', async () => contrast(await readLuma(page, 64, 36)) > 5);

    const sessions = await product.cli<readonly { SessionId: string; UserId: string }[]>('sessions', 'list');
    const session = sessions.find((entry) => entry.UserId === 'dora')?.SessionId ?? '';
    const streamer = await streamerPid(product, session);
    const programs = await programPids(product);
    const socket = createSocket('udp4');
    const stun = Buffer.from('000100002112a442000000000000000000000000', 'hex');
    for (let i = 0; i < 5000; i += 1) {
      const garbage =
        i % 2 === 0 ? stun : Buffer.from(Array.from({ length: 1 + (i % 1400) }, (_, k) => (i * 31 + k * 7) & 255));
      await new Promise((resolve) => socket.send(garbage, product.mediaPort, '127.0.0.1', resolve));
    }
    socket.close();
    const tcp = createConnection(product.mediaPort, '127.0.0.1');
    tcp.on('error', () => tcp.destroy());
    await new Promise((resolve) => tcp.once('connect', resolve));
    tcp.write(Buffer.alloc(100_000, 0xff));
    await new Promise((resolve) => tcp.once('close', resolve));

    await page.evaluate(async () => {
      const { testConnections } = window as unknown as { testConnections: RTCPeerConnection[] };
      const live = testConnections.find((connection) => connection.connectionState === 'connected');
      if (!live) throw new Error('no connection');
      for (const label of ['km', 'ack', 'hb', 'cd', 'nobody-knows-this']) {
        const channel = live.createDataChannel(label);
        await new Promise((resolve) => channel.addEventListener('open', resolve));
        for (const text of [
          '',
          'null',
          '7',
          '[]',
          '{',
          '"x"',
          '{"type":null}',
          '{"seq":"x","data":[]}',
          '{"data":{"type":"paste","content":7}}',
        ]) {
          channel.send(text);
        }
        channel.send(new Uint8Array(1000));
        channel.send(`${'['.repeat(100_000)}`);
        channel.send(JSON.stringify({ type: 'mousemove_v2', x: 'NaN', y: { a: 1 } }));
        channel.send(JSON.stringify({ type: 'key_seq', keys: Array(5000).fill('{"type":"key_seq","keys":[]}') }));
        for (let i = 0; i < 5; i += 1) {
          channel.send(JSON.stringify({ type: 'keyboard', key: 65, down: true, padding: 'x'.repeat(200_000) }));
        }
      }
    });
    await sendHugeMessage(product, product.cloudApi());

    const before = (await receiverStats(page)).framesDecoded;
    await until('the stream to go on', async () => (await receiverStats(page)).framesDecoded > before + 60);
    await until('the page to play', () => page.evaluate(() => document.body.dataset.state === 'playing'));
    expect(await streamerPid(product, session)).toBe(streamer);
    expect(await programPids(product)).toEqual(programs);
    await page.context().close();
  });
});
