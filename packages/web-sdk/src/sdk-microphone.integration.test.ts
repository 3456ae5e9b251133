import { decodeClientSession, mediaSocketLimits } from '@cloudstage/protocol';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import './testing/globals.js';
import { acceptPeer, type TestPeer } from './testing/peer-server.js';
import { serveMediaSocket, type TestSocketServer } from './testing/socket-server.js';
import { openStage, type TestStage } from './testing/stage.js';

/** The real bundle in a real browser with a microphone that beeps, over the WebSocket path. */

interface Told {
  readonly name: string;
  readonly data: { readonly code?: number; readonly msg?: string };
}

let stage: TestStage;
let page: Page;
let server: TestSocketServer;
const peers: TestPeer[] = [];

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 50 });

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.close();
});

beforeEach(async () => {
  server = await serveMediaSocket();
  const context = await stage.browser.newContext({ permissions: ['microphone'] });
  page = await context.newPage();
  await page.goto(stage.site.url);
});
afterEach(async () => {
  await page.context().close();
  await server.close();
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
});

const told = () => page.evaluate(() => (window as unknown as { told: Told[] }).told);
const micChanges = async () =>
  (await told()).filter(({ name }) => name === 'mic').map(({ data }) => [data.code, data.msg]);

/** Plays over the WebSocket. @returns what the page told of itself. */
async function connect(options: Record<string, unknown> = {}) {
  const clientSession = await page.evaluate(
    (extra) =>
      new Promise<string>((resolve) => {
        const all: Told[] = [];
        Object.assign(window, { told: all });
        const tell = (name: string) => (data: Told['data']) => void all.push({ name, data: { ...data } });
        TCGSDK.init({
          ...{ mount: 'mount', userId: 'u1', reconnect: false, streaming: { mode: 'websocket' } },
          onInitSuccess: () => resolve(TCGSDK.getClientSession()),
          onConnectSuccess: tell('connected'),
          onDisconnect: tell('lost'),
          onConnectFail: tell('lost'),
          onGetUserMediaStatusChange: ({ code, msg }: Told['data']) => tell('mic')({ code, msg }),
          ...extra,
        } as never);
      }),
    options,
  );
  const description = decodeClientSession(clientSession);
  const peer = await acceptPeer(description, { media_socket_url: server.url });
  peers.push(peer);
  await page.evaluate((serverSession) => TCGSDK.start(serverSession), peer.serverSession);
  await until(async () => expect((await told()).map(({ name }) => name)).toContain('connected'));
  return description;
}

const switchMic = (status: 'open' | 'close') =>
  page.evaluate(async (wish) => {
    const { code, msg, userMedia } = await TCGSDK.switchMic({ status: wish });
    return { code, msg, tracks: userMedia?.getAudioTracks().length ?? 0 };
  }, status);
const tracks = () => page.evaluate(() => TCGSDK.getUserMedia().getTracks().length);
const switches = () => server.requests.filter(({ type }) => type === 'switch_mic').map(({ status }) => status);
const heard = (packets: number) => until(() => expect(server.voice.length).toBeGreaterThanOrEqual(packets));
const numbers = () => server.voice.map(({ sequenceNumber }) => sequenceNumber);

/** Later than two more heartbeats, which are a second apart. */
async function twoHeartbeats(): Promise<void> {
  const before = server.heartbeats();
  await until(() => expect(server.heartbeats()).toBeGreaterThanOrEqual(before + 2));
}

test('the microphone is heard while it is open: packets of 20 ms in their order, whose numbers go on', async () => {
  expect(await connect()).toMatchObject({ speaksOnSocket: true });
  expect(await switchMic('open')).toEqual({ code: 0, msg: 'success', tracks: 1 });
  await heard(60);
  await until(() => expect(switches()).toEqual(['open']));
  expect(await switchMic('close')).toEqual({ code: 0, msg: 'success', tracks: 0 });
  const { length } = server.voice;
  await twoHeartbeats();
  // One was under way.
  expect(server.voice.length).toBeLessThanOrEqual(length + 2);
  const first = [...server.voice];
  await switchMic('open');
  await heard(first.length + 20);
  expect(numbers()).toEqual(numbers().map((_, index) => index));
  const steps = first.slice(1).map(({ timestamp }, index) => timestamp - (first[index]?.timestamp ?? 0));
  const usual = steps.filter((step) => Math.abs(step - 960) <= 1);
  expect(usual.length).toBeGreaterThan(steps.length / 2);
  expect(Math.max(...server.voice.map(({ bytes }) => bytes))).toBeLessThan(400);
  expect(await micChanges()).toEqual([
    [0, 'mic open'],
    [0, 'mic close'],
    [0, 'mic open'],
  ]);
  const state = await page.evaluate(() => {
    const [track] = TCGSDK.getUserMedia().getTracks();
    TCGSDK.destroy();
    return track?.readyState;
  });
  expect(state).toBe('ended');
});

test('one that is open before the connection is heard from its beginning', async () => {
  await connect({ mic: true });
  await heard(20);
  expect(await micChanges()).toEqual([[0, 'mic open']]);
});

test('nothing piles up on the way to a server that has stopped reading the voice, and playing goes on', async () => {
  server.behaviour.acknowledgesVoice = false;
  await connect();
  await switchMic('open');
  await heard(mediaSocketLimits.voiceInFlight);
  await twoHeartbeats();
  expect(server.voice).toHaveLength(mediaSocketLimits.voiceInFlight);
  expect((await told()).map(({ name }) => name)).not.toContain('lost');
});

test('a server that takes no voice gets none: opening fails by name, the device is let go, and playing goes on', async () => {
  server.behaviour.takesVoice = false;
  await connect({ mic: true });
  await until(async () =>
    expect(await micChanges()).toEqual([
      [0, 'mic open'],
      [1, 'NotSupportedError'],
    ]),
  );
  expect(await tracks()).toBe(0);
  expect(await switchMic('open')).toEqual({ code: 1, msg: 'NotSupportedError', tracks: 0 });
  await twoHeartbeats();
  expect(server.voice).toEqual([]);
  expect((await told()).map(({ name }) => name)).not.toContain('lost');
});

test('a browser without an encoder of sound says so beforehand, and fails by name', async () => {
  await page.evaluate(() => Reflect.deleteProperty(window, 'AudioEncoder'));
  expect(await connect()).not.toHaveProperty('speaksOnSocket');
  expect(await switchMic('open')).toEqual({ code: 1, msg: 'NotSupportedError', tracks: 0 });
  expect(await micChanges()).toEqual([[1, 'NotSupportedError']]);
});

test('a microphone that the user refuses is told as over WebRTC', async () => {
  await page.context().clearPermissions();
  await connect();
  expect(await switchMic('open')).toMatchObject({ code: 1, tracks: 0 });
  expect(await micChanges()).toEqual([[2, 'NotAllowedError']]);
});

test('an encoder that fails closes the microphone, and page and server are told; it can be opened again', async () => {
  await page.evaluate(() => {
    let left = 40;
    const Native = AudioEncoder;
    window.AudioEncoder = class extends Native {
      override encode(sound: AudioData): void {
        left -= 1;
        if (left === 0) throw new DOMException('the device is gone', 'EncodingError');
        super.encode(sound);
      }
    };
  });
  await connect();
  await switchMic('open');
  await until(async () =>
    expect(await micChanges()).toEqual([
      [0, 'mic open'],
      [1, 'EncodingError'],
    ]),
  );
  expect(await tracks()).toBe(0);
  await until(() => expect(switches()).toEqual(['open', 'close']));
  const { length } = server.voice;
  expect(await switchMic('open')).toMatchObject({ code: 0, tracks: 1 });
  await heard(length + 10);
});
