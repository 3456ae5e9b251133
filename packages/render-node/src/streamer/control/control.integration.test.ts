import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDisplay, type X11Display } from '../../x11/display.js';
import { loadKeyboardLayout } from '../../x11/keyboard-layout.js';
import { startXorgDummy, startXvfb, type TestXServer } from '../../x11/testing/start-x-server.js';
import type { Control, PeerControl } from './contract.js';
import { createControl } from './index.js';
import {
  createRecordingPeer,
  createRecordingStream,
  createSetMicrophone,
  type RecordingPeer,
  type RecordingStream,
} from './testing/fake-stream.js';
import { startXev, type Xev } from './testing/xev.js';

const width = 800;
const height = 600;
/** Of waits for what a loaded machine takes its time for. */
const soon = { timeout: 30_000 };
const logger = pino({ level: 'silent' });
let server: TestXServer;
let xev: Xev;
let display: X11Display;
let stream: RecordingStream;
let control: Control;
let peer: RecordingPeer;
let channels: PeerControl;

const now = () => performance.timeOrigin + performance.now();
const km = (...messages: Record<string, unknown>[]) => {
  for (const message of messages) channels.onMessage('km', JSON.stringify(message));
};
const press = (key: number, extra: Record<string, unknown> = {}) =>
  km({ type: 'keyboard', key, down: true, ...extra }, { type: 'keyboard', key, down: false, ...extra });
let nextSeq = 1_795_176_850_903;
const request = async (data: Record<string, unknown>, to = channels, of = peer): Promise<unknown> => {
  const seq = nextSeq++;
  to.onMessage('ack', JSON.stringify({ seq, data }));
  return vi.waitFor(() => {
    const reply = of.messages('ack').find((message) => message.seq === seq);
    expect(reply).toBeDefined();
    return reply?.data;
  }, soon);
};
const eventsOf = (name: string) => xev.events().filter((event) => event.name === name);
const releases = () => eventsOf('KeyRelease');
const keysDown = async () =>
  [...(await display.request<Buffer>((reply) => display.core.QueryKeymap(reply), 'QueryKeymap'))].reduce(
    (count, byte) => count + byte.toString(2).replaceAll('0', '').length,
    0,
  );

describe.each([
  ['Xvfb', () => startXvfb({ width: 1280, height: 720 })],
  ['Xorg with the dummy driver', startXorgDummy],
] as const)('input on %s', (_name, start) => {
  beforeAll(async () => {
    server = await start();
    const sizer = await openDisplay(server);
    await sizer.setScreenSize(width, height);
    await sizer.close();
    xev = startXev(server, width, height);
    const probe = await openDisplay(server);
    await vi.waitFor(async () => {
      probe.core.WarpPointer(0, probe.root, 0, 0, 0, 0, 100, 100);
      const pointer = await probe.request<{ child: number }>(
        (reply) => probe.core.QueryPointer(probe.root, reply),
        'q',
      );
      expect(pointer.child).not.toBe(0);
    }, soon);
    await probe.close();
  });
  afterAll(async () => {
    await xev.stop();
    await server.stop();
  });
  beforeEach(async () => {
    display = await openDisplay(server);
    await loadKeyboardLayout(display, 'us');
    stream = createRecordingStream(display);
    control = createControl({ display, logger, stream, microphone: createSetMicrophone(), now });
    peer = createRecordingPeer();
    channels = control.attachPeer(peer);
    km({ type: 'mousemove', x: 101, y: 101 }, { type: 'mousemove', x: 100, y: 100 });
    await vi.waitFor(
      () => expect(xev.events().at(-1)).toMatchObject({ name: 'MotionNotify', rootX: 100, rootY: 100 }),
      soon,
    );
    xev.clear();
  });
  afterEach(async () => {
    await control.close();
    await display.close();
  });

  describe('keyboard', () => {
    it('types letters, digits, punctuation and named keys by keyCode', async () => {
      press(65);
      km({ type: 'keyboard', key: 16, down: true, location: 1 });
      press(66);
      press(49);
      km({ type: 'keyboard', key: 16, down: false, location: 1 });
      for (const key of [50, 186, 219, 13, 27, 112, 37, 46, 173]) press(key);
      press(13, { location: 3 });
      await vi.waitFor(
        () =>
          expect(xev.keys()).toEqual([
            'a',
            'Shift_L',
            'B',
            'exclam',
            '2',
            'semicolon',
            'bracketleft',
            'Return',
            'Escape',
            'F1',
            'Left',
            'Delete',
            'minus',
            'KP_Enter',
          ]),
        soon,
      );
    });

    it('prefers the physical code', async () => {
      press(90, { code: 'KeyY' });
      press(229, { code: 'KeyA' });
      press(229);
      press(66);
      await vi.waitFor(() => expect(xev.keys()).toEqual(['y', 'a', 'b']), soon);
    });

    it.each([
      ['de', [[90], [89], [192], [219], [186]], 'zyößü'],
      ['fr', [[65], [81], [77], [49], [188]], 'aqm&,'],
      ['ru', [[65], [81]], 'фй'],
    ])('follows the layout %s of the server', async (layout, keys, expected) => {
      await loadKeyboardLayout(display, layout);
      // The streamer hears of a new keymap a moment after the server has it.
      await vi.waitFor(async () => {
        xev.clear();
        for (const [key] of keys) press(key ?? 0);
        await vi.waitFor(() => expect(releases()).toHaveLength(keys.length), soon);
        expect(xev.text()).toBe(expected);
      }, soon);
    });

    it('makes AltGr of Windows (Ctrl and right Alt) one key in layouts that have it', async () => {
      await loadKeyboardLayout(display, 'de');
      await vi.waitFor(async () => {
        xev.clear();
        km(
          { type: 'keyboard', key: 17, location: 1, down: true },
          { type: 'keyboard', key: 18, location: 2, down: true },
          { type: 'keyboard', key: 81, down: true },
          { type: 'keyboard', key: 81, down: false },
          { type: 'keyboard', key: 18, location: 2, down: false },
          { type: 'keyboard', key: 17, location: 1, down: false },
        );
        const rightAlt = 108;
        await vi.waitFor(() => expect(releases().map(({ keycode }) => keycode)).toContain(rightAlt), soon);
        expect(xev.text()).toBe('@');
      }, soon);
      expect(await keysDown()).toBe(0);
    });

    it('takes the meaning of the keypad from the client, whose NumLock it cannot see', async () => {
      press(97, { location: 3 });
      press(35, { location: 3 });
      press(110, { location: 3 });
      await vi.waitFor(() => expect(xev.keys()).toEqual(['KP_1', 'KP_End', 'KP_Decimal']), soon);
      expect(xev.text()).toBe('1.');
    });

    it('leaves repetition to the server', async () => {
      for (let count = 0; count < 5; count++) km({ type: 'keyboard', key: 65, down: true });
      km({ type: 'keyboard', key: 65, down: false }, { type: 'keyboard', key: 65, down: false });
      press(66);
      await vi.waitFor(() => expect(xev.keys()).toEqual(['a', 'b']), soon);
      km({ type: 'keyboard', key: 67, down: true });
      await vi.waitFor(() => expect(xev.keys().filter((key) => key === 'c').length).toBeGreaterThan(2), soon);
      km({ type: 'keyboard', key: 67, down: false });
      expect(await keysDown()).toBe(0);
    });

    it('releases what the peer holds on keys_clean, when the channel or the peer ends, and nothing of other peers', async () => {
      const other = control.attachPeer(createRecordingPeer({ peerId: 'peer-2', userId: 'user-2', seat: 2 }));
      const hold = () =>
        km({ type: 'keyboard', key: 16, location: 2, down: true }, { type: 'keyboard', key: 87, down: true });
      other.onMessage('km', JSON.stringify({ type: 'keyboard', key: 87, down: true }));
      hold();
      km({ type: 'mouseleft', down: true });
      expect(await keysDown()).toBe(2);
      expect(await request({ type: 'keys_clean' })).toEqual({ code: 0 });
      expect(await keysDown()).toBe(1);
      hold();
      channels.onChannelClosed('km');
      expect(await keysDown()).toBe(1);
      hold();
      channels.close();
      expect(await keysDown()).toBe(1);
      other.close();
      expect(await keysDown()).toBe(0);
      await vi.waitFor(() => {
        const left = xev.events().filter((event) => event.button === 1);
        expect(left.map((event) => event.name)).toEqual(['ButtonPress', 'ButtonRelease']);
      }, soon);
    });

    it('releases a key whose location was lost on the way', async () => {
      km({ type: 'keyboard', key: 16, location: 2, down: true }, { type: 'keyboard', key: 16, down: false });
      expect(await keysDown()).toBe(0);
    });

    it('frees keys that a crashed streamer left down', async () => {
      display.xtest.FakeInput(display.xtest.KeyPress, 38, 0, 0, 0, 0);
      await display.sync();
      expect(await keysDown()).toBe(1);
      const restarted = createControl({ display, logger, stream, microphone: createSetMicrophone(), now });
      await vi.waitFor(async () => expect(await keysDown()).toBe(0), soon);
      await restarted.close();
    });

    it('unlocks CapsLock on request', async () => {
      press(20);
      press(65);
      expect(await request({ type: 'reset_capslock' })).toEqual({ code: 0 });
      press(65);
      await vi.waitFor(() => expect(xev.text()).toBe('Aa'), soon);
    });
  });

  describe('pointer', () => {
    it('moves absolutely, in 1/8192 and by deltas, inside the screen', async () => {
      km({ type: 'mousemove_v2', x: 4096, y: 4096 });
      km({ type: 'mousemove', x: 10, y: 20 });
      km({ type: 'mousemove' });
      km(
        { type: 'mousedeltamove', x: 7, y: -5 },
        { type: 'mousedeltamove', x: 0.5, y: 0 },
        { type: 'mousedeltamove', x: 0.5, y: 0 },
      );
      km({ type: 'mousemove_v2', x: 8192, y: 8192 });
      await vi.waitFor(
        () =>
          expect(eventsOf('MotionNotify').map((event) => [event.rootX, event.rootY])).toEqual([
            [400, 300],
            [10, 20],
            [17, 15],
            [18, 15],
            [799, 599],
          ]),
        soon,
      );
    });

    it('presses the five buttons where the pointer is, and both wheels', async () => {
      for (const type of ['mouseleft', 'mousemiddle', 'mouseright', 'mousebackward', 'mouseforward']) {
        km({ type, down: true }, { type, down: false }, { type, down: false });
      }
      km({ type: 'mousescroll', delta: 120 }, { type: 'mousescroll', delta: -1 });
      km({ type: 'mousescroll', delta: 70 }, { type: 'mousescroll', delta: 50 });
      km({ type: 'mousehorizontalscroll', delta: 240 }, { type: 'mousehorizontalscroll', delta: -120 });
      await vi.waitFor(
        () => expect(eventsOf('ButtonPress').map((event) => event.button)).toEqual([1, 2, 3, 8, 9, 5, 4, 5, 7, 7, 6]),
        soon,
      );
      await vi.waitFor(() => expect(eventsOf('ButtonRelease')).toHaveLength(11), soon);
    });

    it('lets the first finger be the pointer', async () => {
      const touch = { type: 'event_touch', finger_id: 0, width: 400, height: 300, timestamp: 1 };
      km({ ...touch, event_type: 0, x: 50, y: 60 }, { ...touch, event_type: 1, x: 60, y: 60 });
      km({ ...touch, finger_id: 1, event_type: 0, x: 1, y: 1 });
      km({ ...touch, event_type: 2, x: 60, y: 60 });
      await vi.waitFor(
        () =>
          expect(
            xev
              .events()
              .filter((event) => event.name !== 'KeymapNotify')
              .map((event) => [event.name, event.rootX, event.rootY]),
          ).toEqual([
            ['MotionNotify', 100, 120],
            ['ButtonPress', 100, 120],
            ['MotionNotify', 120, 120],
            ['MotionNotify', 120, 120],
            ['ButtonRelease', 120, 120],
          ]),
        soon,
      );
    });

    it('carries out a key_seq in order', async () => {
      const keys = [
        { type: 'keyboard', key: 72, down: true },
        { type: 'keyboard', key: 72, down: false },
        { type: 'keyboard', key: 73, down: true },
        { type: 'keyboard', key: 73, down: false },
      ].map((message) => JSON.stringify(message));
      km({ type: 'key_seq', keys });
      await vi.waitFor(() => expect(xev.text()).toBe('hi'), soon);
    });
  });

  describe('text', () => {
    const mixed = 'Hällo, Wörld! żółć Привет 你好，世界 안녕 🙂 "quoted" <a>\n';

    it.each(['us', 'de', 'ru'])(
      'is exact in a program of layout %s, also while the user holds Ctrl and CapsLock is on',
      async (layout) => {
        await loadKeyboardLayout(display, layout);
        press(20);
        km({ type: 'keyboard', key: 17, location: 1, down: true });
        await display.sync();
        xev.clear();
        expect(await request({ type: 'paste', content: mixed })).toEqual({ code: 0 });
        await vi.waitFor(() => expect(xev.text()).toBe(mixed), soon);
        await vi.waitFor(async () => expect(await keysDown()).toBe(1), soon);
        await request({ type: 'keys_clean' });
        await request({ type: 'reset_capslock' });
      },
    );

    it('is exact with more different characters than there are keys to borrow', async () => {
      const text = Array.from({ length: 250 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
      await request({ type: 'paste', content: text });
      await vi.waitFor(() => expect(xev.text()).toBe(text), soon);
    });

    it('keeps the order of texts', async () => {
      const texts = Array.from({ length: 20 }, (_, index) => `${index},`);
      for (const content of texts) await request({ type: 'paste', content });
      await vi.waitFor(() => expect(xev.text()).toBe(texts.join('')), soon);
    });
  });
});
