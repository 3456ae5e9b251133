import { checkClientSession, decodeClientSession } from '@cloudstage/protocol';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import './testing/globals.js';
import { acceptPeer, type TestPeer } from './testing/peer-server.js';
import { openStage, type TestStage } from './testing/stage.js';

/** The real bundle in a real browser against a real peer. */

interface PageEvent {
  readonly name: string;
  readonly data: Record<string, unknown> & { readonly code?: number; readonly type?: string };
}

let stage: TestStage;
let page: Page;
let requests: string[];
const peers: TestPeer[] = [];

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 50 });

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.close();
});

beforeEach(async () => {
  const context = await stage.browser.newContext({ viewport: { width: 1000, height: 700 } });
  page = await context.newPage();
  requests = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('websocket', (socket) => requests.push(socket.url()));
  await page.goto(stage.site.url);
});
afterEach(async () => {
  await page.context().close();
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
});

/** Starts the SDK and records every event; `options` are added to init's. */
async function init(options: Record<string, unknown> = {}): Promise<string> {
  return page.evaluate(
    (extra) =>
      new Promise<string>((resolve) => {
        const events: PageEvent[] = [];
        Object.assign(window, { events });
        const names = {
          onInitSuccess: 'InitSuccess',
          onConnectSuccess: 'ConnectSuccess',
          onConnectFail: 'ConnectFailed',
          onDisconnect: 'Disconnected',
          onWebrtcStatusChange: 'WebrtcStatusChange',
          onEvent: 'Event',
          onConfigurationChange: 'ConfigurationChange',
          onRemoteScreenResolutionChange: 'RemoteScreenResolutionChange',
          onCursorShowStatChange: 'CursorShowStatChange',
          onGameStop: 'GameStop',
          onStreamPushStateChange: 'StreamPushStateChange',
          onGetUserMediaStatusChange: 'GetUserMediaStatusChange',
        };
        const callbacks = Object.fromEntries(
          Object.entries(names).map(([key, name]) => [
            key,
            (data: PageEvent['data']) => {
              events.push({ name, data });
              if (name === 'InitSuccess') resolve(TCGSDK.getClientSession());
            },
          ]),
        );
        TCGSDK.init({ mount: 'mount', userId: 'u1', ...callbacks, ...extra } as never);
      }),
    options,
  );
}

const events = () => page.evaluate(() => (window as unknown as { events: PageEvent[] }).events);

async function connect(options: Record<string, unknown> = {}): Promise<TestPeer> {
  const clientSession = await init(options);
  const peer = await acceptPeer(decodeClientSession(clientSession));
  peers.push(peer);
  await page.evaluate((serverSession) => TCGSDK.start(serverSession), peer.serverSession);
  await until(async () => expect((await events()).map(({ name }) => name)).toContain('ConnectSuccess'));
  // The page has opened its channels; the peer hears of them a moment later.
  await until(() => expect(peer.labels).toEqual(expect.arrayContaining(['km', 'hb', 'ack', 'svr'])));
  peer.send('km', {
    screen_width: 1280,
    screen_height: 720,
    screen_left: 0,
    screen_top: 0,
    cursor_showing: true,
    cpu_usage: '7',
    gpu_usage: '0',
  });
  await until(async () => expect((await events()).map(({ name }) => name)).toContain('RemoteScreenResolutionChange'));
  return peer;
}

const km = (peer: TestPeer, ...types: string[]) =>
  peer.received
    .filter(({ label, message }) => label === 'km' && types.includes(String(message.type)))
    .map((r) => r.message);
const ack = (peer: TestPeer, type: string) =>
  peer.received
    .filter(({ label, message }) => label === 'ack' && (message.data as { type?: string }).type === type)
    .map((r) => r.message);

test('the ClientSession has the official shape', async () => {
  const session = decodeClientSession(
    await init({
      remoteDesktopResolution: { width: 1920, height: 1080 },
      streaming: { videoCodecList: ['h264'] },
      streamProfile: { fps: 30, max_bitrate: 5 },
    }),
  );
  expect(Object.keys(session)).toEqual([
    'sdp',
    'type',
    'deviceInfo',
    'sdkType',
    'desktopResolution',
    'preferredCodecList',
    'streamName',
    'streamProfile',
    'userId',
    'scalesPicture',
    'speaksOnSocket',
  ]);
  expect(session).toMatchObject({
    type: 'offer',
    deviceInfo: { platform: 'pc', user_agent: await page.evaluate(() => navigator.userAgent) },
    sdkType: 'JS',
    desktopResolution: '1920x1080',
    preferredCodecList: ['H264'],
    streamName: 'high',
    streamProfile: { fps: 30, max_bitrate: 5 },
    userId: 'u1',
  });
  const mediaLines = session.sdp.match(/^m=\w+/gm);
  expect(mediaLines).toEqual(['m=video', 'm=audio', 'm=application']);
  expect(session.sdp.match(/^a=(?:sendrecv|recvonly)/gm)).toEqual(['a=recvonly', 'a=sendrecv']);
  expect(session.sdp).not.toContain('a=candidate');
});

test('plays: events in their order, a real picture, latency, no request but the page', async () => {
  const peer = await connect();
  await until(async () => {
    const types = (await events()).map(({ data }) => data.type);
    expect(types).toContain('first_frame');
    expect(types).toContain('webrtc_stats');
  });
  const seen = await events();
  const order = seen.map(({ name, data }) => (name === 'Event' ? `Event:${data.type}` : name));
  const at = (name: string) => order.indexOf(name);
  expect(at('InitSuccess')).toBe(0);
  expect(at('WebrtcStatusChange')).toBeGreaterThan(at('InitSuccess'));
  expect(at('Event:first_frame_received')).toBeGreaterThan(at('WebrtcStatusChange'));
  expect(at('ConfigurationChange')).toBeGreaterThan(at('Event:first_frame_received'));
  expect(at('ConnectSuccess')).toBe(at('ConfigurationChange') + 1);
  expect(at('Event:first_frame')).toBeGreaterThan(at('ConnectSuccess'));
  expect(seen[at('ConnectSuccess')]?.data).toEqual({ code: 0, seat_index: 1, role: 'Player' });
  expect(seen[at('Event:first_frame')]?.data.data).toMatchObject({ width: 320, height: 180 });

  expect(peer.labels.slice(0, 5).sort()).toEqual(['ack', 'cloud_device', 'hb', 'km', 'svr']);
  expect(ack(peer, 'set_cursor').map(({ data }) => data)).toEqual([{ type: 'set_cursor', show: 0 }]);

  // The picture has the colour that the server sends, and its element has the picture's aspect ratio.
  const picture = await page.evaluate(() => {
    const video = TCGSDK.getVideoElement();
    const canvas = new OffscreenCanvas(4, 4);
    const context = canvas.getContext('2d');
    if (video === null || context === null) return null;
    context.drawImage(video, 0, 0, 4, 4);
    const { width, height } = TCGSDK.getDisplayRect();
    return { pixel: [...context.getImageData(1, 1, 1, 1).data], width, height };
  });
  expect(picture).toMatchObject({ width: 640, height: 360 });
  const [red = 0, green = 0, blue = 0] = picture?.pixel ?? [];
  expect(red).toBeGreaterThan(green);
  expect(green).toBeGreaterThan(blue);

  await until(async () => {
    const latency = await page.evaluate(() => TCGSDK.getLatencyStats());
    expect(latency?.frames).toBeGreaterThan(10);
    // Server and browser share a clock here: the estimate must find that out to within the round trip.
    expect(Math.abs(latency?.clockOffsetMs ?? 1e9)).toBeLessThan(50);
    expect(latency?.p50).toBeGreaterThan(-50);
    expect(latency?.p50).toBeLessThan(1_000);
  });
  expect((await events()).filter(({ name }) => name === 'StreamPushStateChange').map(({ data }) => data)).toEqual([
    { stream_push_state: 'NoStreamPushing' },
  ]);
  const stats = (await events()).filter(({ data }) => data.type === 'webrtc_stats').at(-1)?.data.data;
  expect(stats).toMatchObject({ cpu: expect.any(String), user_id: 'u1', packet_lost: 0 });

  const heartbeat = peer.received.filter(({ label }) => label === 'hb').at(-1)?.message;
  expect(heartbeat).toMatchObject({
    fps: expect.stringMatching(/^\d+$/),
    delay: expect.stringMatching(/^[\d.]+$/),
    bit_rate: expect.stringMatching(/^\d+$/),
    rtt: expect.any(Number),
    timestamp: expect.any(Number),
    user_id: 'u1',
  });
  expect(new Set(requests)).toEqual(new Set([stage.site.url, `${stage.site.url}tcgsdk.min.js`]));
});

test('mouse, wheel and keys of the DOM become messages; losing the focus releases all', async () => {
  const peer = await connect();
  await page.mouse.move(160, 90);
  await page.mouse.click(320, 180);
  await until(() => expect(km(peer, 'mouseleft')).toHaveLength(2));
  expect(km(peer, 'mousemove_v2').at(-1)).toEqual({ type: 'mousemove_v2', x: 4096, y: 4096 });
  expect(km(peer, 'mouseleft')).toEqual([
    { type: 'mouseleft', down: true },
    { type: 'mouseleft', down: false },
  ]);
  const sequence = peer.received.map(({ message }) => String(message.type));
  expect(sequence.lastIndexOf('mousemove_v2')).toBeLessThan(sequence.indexOf('mouseleft'));

  // Pressed inside and released outside of the picture.
  await page.mouse.move(600, 300);
  await page.mouse.down({ button: 'right' });
  await page.mouse.move(900, 600);
  await page.mouse.up({ button: 'right' });
  await until(() => expect(km(peer, 'mouseright').map(({ down }) => down)).toEqual([true, false]));
  expect(km(peer, 'mousemove_v2').at(-1)).toEqual({ type: 'mousemove_v2', x: 8192, y: 8192 });

  await page.mouse.move(320, 180);
  await page.mouse.wheel(0, 120);
  await page.mouse.wheel(-100, 0);
  await until(() => expect(km(peer, 'mousescroll', 'mousehorizontalscroll')).toHaveLength(2));
  expect(km(peer, 'mousescroll', 'mousehorizontalscroll')).toEqual([
    { type: 'mousescroll', delta: 120, x: 0, y: 0, width: 1280, height: 720 },
    { type: 'mousehorizontalscroll', delta: -100, x: 0, y: 0, width: 1280, height: 720 },
  ]);

  await page.keyboard.press('a');
  await page.keyboard.press('ShiftRight');
  await until(() => expect(km(peer, 'keyboard')).toHaveLength(4));
  expect(km(peer, 'keyboard')).toEqual([
    { type: 'keyboard', key: 65, down: true, location: 0, code: 'KeyA' },
    { type: 'keyboard', key: 65, down: false, location: 0, code: 'KeyA' },
    { type: 'keyboard', key: 16, down: true, location: 2, code: 'ShiftRight' },
    { type: 'keyboard', key: 16, down: false, location: 2, code: 'ShiftRight' },
  ]);

  // Typing into the page's own input is none of the program's business.
  await page.focus('#elsewhere');
  await page.keyboard.type('xyz');
  expect(await page.inputValue('#elsewhere')).toBe('xyz');

  const before = ack(peer, 'keys_clean').length;
  await page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await until(() => expect(ack(peer, 'keys_clean').length).toBe(before + 1));
  expect(ack(peer, 'keys_clean').at(-1)).toEqual({ seq: expect.any(Number), data: { type: 'keys_clean' } });
  expect(km(peer, 'keyboard')).toHaveLength(4);
});

test('API calls become messages', async () => {
  const peer = await connect();
  const result = await page.evaluate(async () => {
    TCGSDK.sendKeyboardEvent({ key: 32, down: true });
    TCGSDK.sendMouseEvent({ type: 'mousescroll', delta: 1 });
    TCGSDK.sendGamepadEvent({ type: 'gamepadkey', key: '0x4000', down: true });
    TCGSDK.sendSeqRawEvents([{ type: 'keyboard', key: 87, down: true }]);
    TCGSDK.sendRawEvent({ type: 'mousedeltamove', x: 3, y: -2 });
    TCGSDK.sendRawEvent({ type: 'something_else', a: 1 });
    TCGSDK.mobileTouchMove({ finger_id: 0, event_type: 0, x: 111, y: 222 });
    TCGSDK.mouseMove(1, 'touchstart', 320, 180);
    TCGSDK.sendText('héllo 你好');
    TCGSDK.setStreamProfile({ fps: 60, max_bitrate: 8, min_bitrate: 5 });
    TCGSDK.gamePause({ media: 'video' });
    TCGSDK.resetRemoteCapsLock();
    return TCGSDK.setRemoteDesktopResolution({ width: 1920.7, height: 1080.2 });
  });
  expect(result).toEqual({ code: 0 });
  // Each channel keeps its order; between two of them there is none.
  const sent = () => peer.received.filter(({ label }) => label === 'km').map((r) => r.message);
  await until(() => expect(sent()).toHaveLength(7));
  expect(sent()).toEqual([
    { type: 'keyboard', key: 32, down: true, location: 0 },
    { type: 'mousescroll', delta: 1 },
    { type: 'gamepadkey', key: '0x4000', down: true },
    { type: 'key_seq', keys: ['{"type":"keyboard","key":87,"down":true}'] },
    { type: 'mousedeltamove', x: 3, y: -2 },
    expect.objectContaining({
      type: 'event_touch',
      finger_id: 0,
      event_type: 0,
      x: 111,
      y: 222,
      width: 1280,
      height: 720,
    }),
    { type: 'mousemove_v2', x: 4096, y: 4096 },
  ]);
  expect(ack(peer, 'something_else')).toHaveLength(1);
  expect(ack(peer, 'paste').map(({ data }) => data)).toEqual([{ type: 'paste', content: 'héllo 你好' }]);
  expect(ack(peer, 'res_mode').map(({ data }) => data)).toEqual([
    { type: 'res_mode', fps: 60, max_bitrate: 8, min_bitrate: 5 },
  ]);
  expect(ack(peer, 'game_op').map(({ data }) => data)).toEqual([{ type: 'game_op', op: 'pause', media: 'video' }]);
  expect(ack(peer, 'reset_capslock')).toHaveLength(1);
  expect(ack(peer, 'desktop_res').map(({ data }) => data)).toEqual([
    { type: 'desktop_res', width: 1920, height: 1080 },
  ]);
});

test('cursor: images of the server, hiding means relative movement', async () => {
  const peer = await connect({ cursorMode: 1 });
  await until(() => expect(peer.labels).toContain('cd'));
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  peer.send('cd', { data: png, hotspotx: 3, hotspoty: 4 });
  await until(async () => {
    const css = await page.evaluate(() => TCGSDK.getVideoElement()?.style.cursor);
    expect(css).toContain(png);
    expect(css).toContain(' 3 4, auto');
  });
  const screen = { screen_width: 1280, screen_height: 720, screen_left: 0, screen_top: 0 };
  peer.send('km', { ...screen, cursor_showing: false });
  await until(async () => {
    const change = (await events()).find(({ name }) => name === 'CursorShowStatChange');
    expect(change?.data).toEqual({ oldStatus: true, newStatus: false });
  });
  expect(await page.evaluate(() => TCGSDK.getVideoElement()?.style.cursor)).toBe('none');
  await page.mouse.move(100, 100);
  await page.mouse.move(110, 95);
  await until(() => {
    const moves = km(peer, 'mousedeltamove');
    const sum = moves.reduce((total: number, { x }) => total + Number(x), 0);
    expect(sum).toBeGreaterThan(0);
  });
  await page.evaluate(() => TCGSDK.setRemoteCursor(2));
  await until(() => expect(ack(peer, 'set_cursor').map(({ data }) => (data as { show: number }).show)).toEqual([1, 2]));
});

test('the account of the latency is sent, received and shown; a wish attaches the picture anew, once', async () => {
  const peer = await connect();
  const presented = () =>
    page.evaluate(() => {
      const video = document.querySelector('#mount video') as HTMLVideoElement;
      return new Promise<number>((resolve) =>
        video.requestVideoFrameCallback((_now, frame) => resolve(frame.presentedFrames)),
      );
    });
  await presented();
  const sentLegs = () =>
    peer.received
      .filter(({ label }) => label === 'hb')
      .flatMap(({ message }) => Object.keys((message as { latency?: object }).latency ?? {}));
  const legs = ['capture_to_present', 'decode', 'input_to_photon', 'jitter_buffer', 'present'];
  await until(async () => {
    await page.mouse.click(300, 200);
    expect([...new Set(sentLegs())].sort()).toEqual(legs);
  });

  const encode = { p50: 3.1, p95: 4, p99: 5, count: 60 };
  peer.send('hb', { stream_push_state: 'NoStreamPushing', latency: { encode } });
  await until(async () => {
    const stats = (await events()).filter(({ data }) => data.type === 'webrtc_stats').at(-1)?.data.data;
    expect(stats).toMatchObject({ latency_ms: { encode } });
  });

  const streamId = () =>
    page.evaluate(() => ((document.querySelector('#mount video') as HTMLVideoElement).srcObject as MediaStream).id);
  const first = await streamId();
  const wish = { id: 5, type: 'restart_playback' };
  peer.send('hb', { stream_push_state: 'NoStreamPushing', wish });
  await until(async () => expect(await streamId()).not.toBe(first));
  const second = await streamId();
  peer.send('hb', { stream_push_state: 'Pushing', wish });
  await until(async () => {
    const states = (await events()).filter(({ name }) => name === 'StreamPushStateChange');
    expect(states.some(({ data }) => data.stream_push_state === 'Pushing')).toBe(true);
  });
  expect(await streamId()).toBe(second);
  // The picture goes on.
  await presented();
});

test('a kick ends the connection for good', async () => {
  const peer = await connect();
  peer.send('hb', { code: 1, message: 'logged in elsewhere', stream_push_state: 'NoStreamPushing' });
  await until(async () => {
    const end = (await events()).find(({ name }) => name === 'Disconnected');
    expect(end?.data).toEqual({ code: 1, msg: 'logged in elsewhere' });
  });
  expect(await page.evaluate(() => TCGSDK.getClientSession())).toBe('');
  expect(await page.isVisible('#mount .restart')).toBe(true);
  expect((await events()).filter(({ name }) => name === 'ConnectFailed')).toEqual([]);
});

test('destroy ends it, and init begins anew', async () => {
  await connect();
  await page.evaluate(() => TCGSDK.destroy());
  await until(async () => {
    const end = (await events()).find(({ name }) => name === 'Disconnected');
    expect(end?.data).toEqual({ code: 0, msg: '主动关闭' });
  });
  await connect();
});

test('init while connected is refused with -2', async () => {
  await connect();
  const code = await page.evaluate(
    () =>
      new Promise((resolve) => {
        TCGSDK.on('InitSuccess', ({ code }) => resolve(code));
        TCGSDK.init({ mount: 'mount' });
      }),
  );
  expect(code).toBe(-2);
  expect(await page.evaluate(() => TCGSDK.getVideoElement()?.videoWidth)).toBe(320);
});

test('a useless ServerSession is named', async () => {
  await init();
  const codes = await page.evaluate(async () => {
    const seen: string[] = [];
    TCGSDK.on('WebrtcStatusChange', ({ code }) => seen.push(`status ${code}`));
    TCGSDK.on('ConnectFailed', ({ code }) => seen.push(`fail ${code}`));
    TCGSDK.start('');
    TCGSDK.start('%%%');
    TCGSDK.start(btoa('null'));
    TCGSDK.start(btoa('{}'));
    TCGSDK.start(btoa('{"sdp":"garbage"}'));
    await new Promise<void>((resolve) => {
      TCGSDK.on('ConnectFailed', ({ code }) => code === -7 && resolve());
    });
    return seen;
  });
  expect(codes).toEqual(['status -1', 'status -1', 'fail -5', 'status -1', 'status -1', 'fail -7']);
});

/** Starts with the reconnect extension: the "backend" of the page is this process, which accepts every new offer. */
async function connectWithReconnect(): Promise<TestPeer> {
  await page.exposeFunction('newServerSession', async (clientSession: string) => {
    const next = await acceptPeer(decodeClientSession(clientSession));
    peers.push(next);
    return next.serverSession;
  });
  const clientSession = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const seen: PageEvent[] = [];
        Object.assign(window, { events: seen });
        for (const name of ['Disconnected', 'ConnectFailed', 'ConnectSuccess'] as const) {
          TCGSDK.on(name, (data) => seen.push({ name, data: data as never }));
        }
        TCGSDK.init({
          mount: 'mount',
          onInitSuccess: () => resolve(TCGSDK.getClientSession()),
          onReconnectRequest: (text) =>
            (window as unknown as { newServerSession(text: string): Promise<string> }).newServerSession(text),
        });
      }),
  );
  const peer = await acceptPeer(decodeClientSession(clientSession));
  peers.push(peer);
  await page.evaluate((serverSession) => TCGSDK.start(serverSession), peer.serverSession);
  await until(async () => expect((await events()).map(({ name }) => name)).toEqual(['ConnectSuccess']));
  await until(() => expect(peer.received.some(({ label }) => label === 'hb')).toBe(true));
  return peer;
}

test.each(['closes', 'hangs'] as const)('a server that %s is left, and the page brings a new one', async (how) => {
  const first = await connectWithReconnect();
  if (how === 'closes') await first.close();
  else first.freeze();
  await until(async () =>
    expect((await events()).map(({ name }) => name)).toEqual(['ConnectSuccess', 'Disconnected', 'ConnectSuccess']),
  );
  expect((await events())[1]?.data.code).toBe(-1);
  const second = peers[1] as TestPeer;
  await page.mouse.move(10, 10);
  await until(() => expect(km(second, 'mousemove_v2').length).toBeGreaterThan(0));
  await until(async () => {
    const playing = await page.evaluate(() => TCGSDK.getVideoElement()?.paused === false);
    expect(playing).toBe(true);
  });
});

test('with an address of the page, a loss is repaired over /reconnect', async () => {
  const queries: string[] = [];
  stage.site.onReconnect = async (client, query) => {
    queries.push(query.toString());
    const next = await acceptPeer(checkClientSession(client));
    peers.push(next);
    return Buffer.from(next.serverSession, 'base64').toString();
  };
  const entry = { InstanceIds: ['session-1'], WebRTCAddress: stage.site.url };
  const accessInfo = Buffer.from(JSON.stringify({ AccessInfo: [entry] })).toString('base64');
  const peer = await connect({ accessToken: { token: '1_x', accessInfo } });
  await until(() => expect(peer.received.filter(({ label }) => label === 'hb').length).toBeGreaterThan(1));
  await peer.close();
  await until(async () => {
    const names = (await events()).map(({ name }) => name).filter((name) => name !== 'Event');
    expect(names.filter((name) => name === 'ConnectSuccess')).toHaveLength(2);
    expect(names).toContain('Disconnected');
  });
  expect(queries).toEqual(['host=127.0.0.1&port=7392&token=test-token&uid=u1']);
  stage.site.onReconnect = null;
});

const micChanges = async () =>
  (await events()).filter(({ name }) => name === 'GetUserMediaStatusChange').map(({ data }) => [data.code, data.msg]);
const switchMic = (status: 'open' | 'close') =>
  page.evaluate(async (wish) => {
    const { code, msg, userMedia } = await TCGSDK.switchMic({ status: wish });
    return { code, msg, tracks: userMedia?.getAudioTracks().length ?? 0 };
  }, status);

test('the microphone is heard while it is open, and its device is let go with the session', async () => {
  await page.context().grantPermissions(['microphone']);
  const peer = await connect();
  expect(await switchMic('open')).toEqual({ code: 0, msg: 'success', tracks: 1 });
  expect(await switchMic('open')).toEqual({ code: 1, msg: 'mic opened', tracks: 0 });
  await until(() => expect(peer.soundPackets()).toBeGreaterThan(20));
  const told = () =>
    peer.received
      .map(({ message }) => message.data as { readonly type?: string; readonly status?: string } | undefined)
      .filter((data) => data?.type === 'switch_mic')
      .map((data) => data?.status);
  await until(() => expect(told()).toEqual(['open']));
  expect(await switchMic('close')).toEqual({ code: 0, msg: 'success', tracks: 0 });
  expect(await page.evaluate(() => TCGSDK.getUserMedia().getTracks().length)).toBe(0);
  peer.send('svr', { type: 'mic_status', data: { status: 'open' } });
  const before = peer.soundPackets();
  await until(() => expect(peer.soundPackets()).toBeGreaterThan(before + 20));
  expect(await micChanges()).toEqual([
    [0, 'mic open'],
    [0, 'mic close'],
    [0, 'mic open'],
  ]);
  // Said again, because the channel is lossy: no news, and a user who has closed it meanwhile keeps it closed.
  await switchMic('close');
  for (const status of ['open', 'close', 'close', 'open', 'open'])
    peer.send('svr', { type: 'mic_status', data: { status } });
  const said = async () =>
    (await events())
      .filter(({ name, data }) => name === 'Event' && data.type === 'mic_status')
      .map(({ data }) => (data.data as { readonly status: string }).status);
  await until(async () => expect(await said()).toEqual(['open', 'close', 'open']));
  await until(async () =>
    expect((await micChanges()).map(([, message]) => message).slice(3)).toEqual(['mic close', 'mic close', 'mic open']),
  );
  const state = await page.evaluate(() => {
    const [track] = TCGSDK.getUserMedia().getTracks();
    TCGSDK.destroy();
    return track?.readyState;
  });
  expect(state).toBe('ended');
});

test('a microphone that the user refuses is told as such', async () => {
  await page.context().clearPermissions();
  await connect();
  const { code, tracks } = await switchMic('open');
  expect([code, tracks]).toEqual([1, 0]);
  expect(await micChanges()).toEqual([[2, 'NotAllowedError']]);
});

test('without a way to a new session, a loss is reported as 3', async () => {
  const peer = await connect();
  peer.freeze();
  await until(async () => {
    const names = (await events()).filter(({ name }) => name === 'Disconnected' || name === 'ConnectFailed');
    expect(names.map(({ name, data }) => `${name} ${data.code}`)).toEqual(['Disconnected -1', 'ConnectFailed 3']);
  });
});
