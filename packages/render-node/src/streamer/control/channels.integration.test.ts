import { decode } from 'fast-png';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDisplay, type X11Display } from '../../x11/display.js';
import type { X11CursorImage } from '../../x11/extension-types.js';
import { startXvfb, type TestXServer } from '../../x11/testing/start-x-server.js';
import type { Control, PeerControl } from './contract.js';
import { createControl } from './index.js';
import {
  createRecordingPeer,
  createRecordingStream,
  createSetMicrophone,
  type RecordingPeer,
  type RecordingStream,
} from './testing/fake-stream.js';
import { type PasteClient, startPasteClient } from './testing/paste-client.js';

/** Of waits for what a loaded machine takes its time for. */
const soon = { timeout: 30_000 };
const logger = pino({ level: 'silent' });
const now = () => performance.timeOrigin + performance.now();
const size = 400;
let server: TestXServer;
let display: X11Display;
let client: PasteClient;
let stream: RecordingStream;
let control: Control;
let peer: RecordingPeer;
let channels: PeerControl;

beforeEach(async () => {
  server = await startXvfb({ width: 1920, height: 1080 });
  display = await openDisplay(server);
  client = await startPasteClient(server, size);
  stream = createRecordingStream(display);
  control = createControl({ display, logger, stream, microphone: createSetMicrophone(), now });
  peer = createRecordingPeer();
  channels = control.attachPeer(peer);
  channels.onMessage('km', JSON.stringify({ type: 'mousemove', x: 50, y: 50 }));
});
afterEach(async () => {
  await control.close();
  await client.close();
  await display.close();
  await server.stop();
});

let nextSeq = 1_795_176_850_903;
const request = async (data: unknown, to = channels, of = peer): Promise<unknown> => {
  const seq = nextSeq++;
  to.onMessage('ack', JSON.stringify({ seq, data }));
  return vi.waitFor(() => {
    const reply = of.messages('ack').find((message) => message.seq === seq);
    expect(reply).toBeDefined();
    return reply?.data;
  }, soon);
};

/** Gives the client's window a 16×16 cursor: black where `source`, white elsewhere, seen where `mask`. */
function setCursor(mask: number, hotspot: number): void {
  const { core } = client.display;
  const pixmap = (value: number) => {
    const id = core.AllocID();
    const gc = core.AllocID();
    core.CreatePixmap(id, client.window, 1, 16, 16);
    core.CreateGC(gc, id, { foreground: value });
    core.PolyFillRectangle(id, gc, [0, 0, 16, 16]);
    if (value === 1) {
      core.ChangeGC(gc, { foreground: 0 });
      core.PolyFillRectangle(id, gc, [8, 0, 8, 8]);
    }
    return id;
  };
  const cursor = core.AllocID();
  const black = { R: 0, G: 0, B: 0 };
  core.CreateCursor(cursor, pixmap(1), pixmap(mask), { R: 0xffff, G: 0x8000, B: 0 }, black, hotspot, hotspot);
  core.ChangeWindowAttributes(client.window, { cursor });
}

describe('cursor', () => {
  it('arrives on cd as the PNG of what XFIXES shows, at open and on change', async () => {
    setCursor(1, 5);
    await vi.waitFor(() => expect(peer.messages('cd').at(-1)).toMatchObject({ hotspotx: 5, hotspoty: 5 }), soon);
    const shown = await display.request<X11CursorImage>((reply) => display.xfixes.GetCursorImage(reply), 'image');
    const message = peer.messages('cd').at(-1) as { data: string; hotspotx: number };
    const png = decode(Buffer.from(message.data, 'base64'));
    expect([png.width, png.height, png.channels]).toEqual([shown.width, shown.height, 4]);
    const [opaque, expected] = [[...png.data], [...shown.cursorImage]];
    for (let offset = 0; offset < expected.length; offset += 4) {
      const bgra = expected.slice(offset, offset + 4);
      expect(opaque.slice(offset, offset + 4)).toEqual([bgra[2], bgra[1], bgra[0], bgra[3]]);
    }
    peer.sent.length = 0;
    channels.onChannelOpen('cd');
    expect(peer.messages('cd')).toEqual([message]);
  });

  it('counts as hidden when it is transparent, told at once by km, and keeps its last image', async () => {
    setCursor(1, 3);
    await vi.waitFor(() => expect(peer.messages('cd').at(-1)).toMatchObject({ hotspotx: 3 }), soon);
    const images = peer.messages('cd').length;
    setCursor(0, 0);
    await vi.waitFor(() => expect(peer.messages('km').at(-1)).toMatchObject({ cursor_showing: false }), soon);
    expect(
      peer
        .messages('cd')
        .slice(images)
        .every((message) => message.hotspotx === 3),
    ).toBe(true);
    setCursor(1, 4);
    await vi.waitFor(() => expect(peer.messages('km').at(-1)).toMatchObject({ cursor_showing: true }), soon);
    await vi.waitFor(() => expect(peer.messages('cd').at(-1)).toMatchObject({ hotspotx: 4 }), soon);
  });

  it('is enlarged for users who want a huge pointer', async () => {
    setCursor(1, 5);
    await vi.waitFor(() => expect(peer.messages('cd').at(-1)).toMatchObject({ hotspotx: 5 }), soon);
    expect(await request({ type: 'set_pointer_style', style: 'default_huge' })).toEqual({ code: 0 });
    const message = peer.messages('cd').at(-1) as { data: string; hotspotx: number };
    expect(message.hotspotx).toBe(10);
    expect(decode(Buffer.from(message.data, 'base64')).width).toBe(32);
  });
});

describe('screen', () => {
  it('is told on open, and to every channel that needs it when the desktop is resized', async () => {
    channels.onChannelOpen('km');
    expect(peer.messages('km').at(-1)).toEqual({
      screen_width: 1920,
      screen_height: 1080,
      screen_left: 0,
      screen_top: 0,
      cursor_showing: true,
      cpu_usage: '12',
      gpu_usage: '0',
    });
    expect(await request({ type: 'desktop_res', width: 1281.9, height: '721' })).toEqual({ code: 0 });
    await vi.waitFor(
      () => expect(peer.messages('km').at(-1)).toMatchObject({ screen_width: 1281, screen_height: 721 }),
      soon,
    );
    expect(peer.messages('svr').at(-1)).toEqual({
      type: 'screen_config_change',
      data: { width: 1281, height: 721, orientation: 'landscape', degree: '0_degree' },
    });
    expect(await request({ type: 'desktop_res', width: 5000, height: 5000 })).toEqual({ code: 1 });
    expect(await request({ type: 'desktop_res', width: 1920, height: 1080 })).toEqual({ code: 0 });
    expect(display.screenSize()).toEqual({ width: 1920, height: 1080 });
  });

  it('follows a user who drags a window edge: of many sizes the last one counts', async () => {
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, index) => request({ type: 'desktop_res', width: 800 + index, height: 600 })),
    );
    expect(replies.at(-1)).toEqual({ code: 0 });
    expect(display.screenSize()).toEqual({ width: 829, height: 600 });
  });
});

describe('clipboard', () => {
  it('pastes 100 KB exactly, in pieces, by Ctrl+V', async () => {
    const text = `начало ${'你好，мир! 0123456789\n'.repeat(4_000)} end`;
    expect(Buffer.byteLength(text)).toBeGreaterThan(100_000);
    expect(await request({ type: 'paste', content: text })).toEqual({ code: 0 });
    await vi.waitFor(() => expect(client.pasted).toHaveLength(1), soon);
    expect(client.pasted[0] === text).toBe(true);
    expect(client.wasIncremental()).toBe(true);
  });

  it('pastes a few hundred characters in one piece, and answers the other targets', async () => {
    const text = 'Zwölf Boxkämpfer; 你 '.repeat(20);
    await request({ type: 'paste', content: text });
    await vi.waitFor(() => expect(client.pasted).toEqual([text]), soon);
    expect(client.wasIncremental()).toBe(false);
    expect((await client.convert('STRING'))?.toString('latin1')).toBe(text.replaceAll('你', '?'));
    expect((await client.convert('TEXT'))?.toString()).toBe(text);
    expect((await client.convert('TARGETS'))?.length).toBe(8 * 4);
    expect((await client.convert('TIMESTAMP'))?.length).toBe(4);
    expect(await client.convert('image/png')).toBeNull();
  });

  it('keeps the order of two long texts', async () => {
    const texts = ['first '.repeat(100), 'second '.repeat(100)];
    for (const content of texts) await request({ type: 'paste', content });
    await vi.waitFor(() => expect(client.pasted).toEqual(texts), soon);
  });
});

describe('peers', () => {
  it('lets a viewer change nothing, and answers it', async () => {
    const viewer = createRecordingPeer({ peerId: 'peer-2', userId: 'watcher', role: 'Viewer', seat: 0 });
    const watching = control.attachPeer(viewer);
    watching.onMessage('km', JSON.stringify({ type: 'mousemove', x: 7, y: 7 }));
    watching.onMessage('km', JSON.stringify({ type: 'keyboard', key: 65, down: true }));
    const ask = (data: unknown) => request(data, watching, viewer);
    expect(await ask({ type: 'paste', content: 'x'.repeat(300) })).toMatchObject({ code: 1 });
    expect(await ask({ type: 'desktop_res', width: 640, height: 480 })).toEqual({ code: 1 });
    expect(await ask({ type: 'game_op', op: 'restart' })).toMatchObject({ code: 1 });
    expect(await ask({ type: 'res_mode', fps: 30 })).toMatchObject({ code: 1 });
    expect(await ask({ type: 'reset_capslock' })).toMatchObject({ code: 1 });
    expect(await ask({ type: 'set_cursor', show: 2 })).toEqual({ code: 0 });
    expect(await ask({ type: 'keys_clean' })).toEqual({ code: 0 });
    expect(await ask({ type: 'game_op', op: 'pause', media: 'video' })).toEqual({ code: 0 });
    await display.sync();
    const pointer = await display.request<{ rootX: number }>((r) => display.core.QueryPointer(display.root, r), 'q');
    expect(pointer.rootX).toBe(50);
    expect(stream.calls).toEqual(['pause video peer-2']);
    expect(stream.profiles).toEqual([]);
    expect(client.pasted).toEqual([]);
    expect(await ask({ type: 'sync_seats' })).toEqual({
      type: 'sync_seats',
      players: [{ name: 'user-1', seat_index: 1, mic_status: 1 }],
      viewers: [{ name: 'watcher', mic_status: 1 }],
    });
    watching.close();
    expect(await request({ type: 'sync_seats' })).toMatchObject({ viewers: [] });
  });

  it('draws the pointer into the picture while a player wants it', async () => {
    await request({ type: 'set_cursor', show: 2 });
    await request({ type: 'set_cursor', show: 2 });
    await request({ type: 'set_cursor', show: 1 });
    await request({ type: 'set_cursor', show: 2 });
    channels.close();
    expect(stream.calls).toEqual(['draw true', 'draw false', 'draw true', 'draw false']);
  });

  it('is told by hb twice when it is kicked', async () => {
    channels.kick(1, 'taken over');
    await vi.waitFor(() => expect(peer.messages('hb')).toHaveLength(2), soon);
    const message = { stream_push_state: 'NoStreamPushing', code: 1, message: 'taken over' };
    expect(peer.messages('hb')).toEqual([message, message]);
  });

  it('hears game_start_complete once, also when svr opens late or is reported twice', () => {
    const late = createRecordingPeer({ peerId: 'peer-3', send: () => false });
    const lateChannels = control.attachPeer(late);
    lateChannels.onChannelOpen('svr');
    channels.onChannelOpen('svr');
    channels.onChannelOpen('svr');
    expect(peer.messages('svr')).toEqual([
      {
        type: 'game_start_complete',
        data: { request_id: 'peer-1', app_id: 0, user_id: 'user-1', game_id: '', status: 0 },
      },
    ]);
  });

  it('survives garbage on every channel, and still answers', async () => {
    const garbage: (string | Uint8Array)[] = [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{"seq":1}',
      '{"type":{}}',
      new Uint8Array([0xff, 0xfe, 0]),
      new Uint8Array(0),
      'x'.repeat(1_000_000),
      '['.repeat(200_000),
      `{"seq":1,"data":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`,
      JSON.stringify({ type: 'key_seq', keys: Array.from({ length: 10_000 }, () => '{}') }),
      JSON.stringify({ type: 'mousemove_v2', x: 1e300, y: -1e300 }),
      '{"type":"mousemove","x":1e999,"y":0}',
      JSON.stringify({ type: 'keyboard', key: '__proto__', down: true, code: '__proto__', location: 'x' }),
    ];
    for (const label of ['km', 'hb', 'ack', 'svr', 'cd', 'cloud_device', 'nonsense']) {
      for (const data of garbage) channels.onMessage(label, data);
    }
    expect(await request({ type: 'anything' })).toEqual({ code: 0 });
    await display.sync();
  });

  it('bounds the rate of messages, and lets go of keys when some were lost', async () => {
    channels.onMessage('km', JSON.stringify({ type: 'keyboard', key: 65, down: true }));
    const move = JSON.stringify({ type: 'mousedeltamove', x: 0, y: 0 });
    for (let count = 0; count < 50_000; count++) channels.onMessage('km', move);
    await vi.waitFor(async () => {
      channels.onMessage('km', move);
      const keys = await display.request<Buffer>((reply) => display.core.QueryKeymap(reply), 'QueryKeymap');
      expect(keys.every((byte) => byte === 0)).toBe(true);
    }, soon);
  });
});
