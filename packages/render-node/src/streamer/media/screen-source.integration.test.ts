import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { openDisplay } from '../../x11/display.js';
import { startXvfb } from '../../x11/testing/start-x-server.js';
import { createColorConverter } from './color-convert.js';
import { createMemoryMapper } from './native-memory.js';
import { createScreenSource } from './screen-source.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function frameOf(width: number, height: number): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = width;
  frame.height = height;
  expect(frame.allocBuffer()).toBeGreaterThanOrEqual(0);
  cleanups.push(() => frame.free());
  return frame;
}

it('leaves a frame alone that has not the size of the screen, as after a resize, and keeps the change for the next', async () => {
  const server = await startXvfb({ width: 640, height: 480 });
  cleanups.push(() => server.stop());
  const display = await openDisplay(server);
  cleanups.push(() => display.close());
  const memory = createMemoryMapper();
  const converter = createColorConverter(memory, pino({ level: 'silent' }));
  const source = createScreenSource({ display, memory, converter, onDamage: () => undefined, paint: () => undefined });
  cleanups.push(() => source.close());
  source.start();
  const { width, height } = source.size();
  const small = frameOf(width / 2, height / 2);
  small.data?.[0]?.fill(77);
  expect(await source.grab(small)).toBeNull();
  expect(small.data?.[0]?.every((byte) => byte === 77)).toBe(true);
  expect(await source.grab(frameOf(width, height))).not.toBeNull();
});
