import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { openDisplay } from '../../x11/display.js';
import { startXvfb } from '../../x11/testing/start-x-server.js';
import { createColorConverter } from './color-convert.js';
import { createMemoryMapper } from './native-memory.js';
import { createScalingConverter } from './picture-scale.js';
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

it('brings the whole screen into frames of any size, and all of it anew after a resize', async () => {
  const server = await startXvfb({ width: 640, height: 480 });
  cleanups.push(() => server.stop());
  const display = await openDisplay(server);
  cleanups.push(() => display.close());
  /** White from there to the lower right corner. */
  const whiten = async (x: number, y: number) => {
    const window = display.core.AllocID();
    display.core.CreateWindow(window, display.root, x, y, x, y, 0, 0, 1, 0, { backgroundPixel: 0xffffff });
    display.core.MapWindow(window);
    await display.sync();
  };
  await whiten(320, 240);
  const memory = createMemoryMapper();
  const converter = createScalingConverter(createColorConverter(memory, pino({ level: 'silent' })));
  const source = createScreenSource({ display, memory, converter, onDamage: () => undefined, paint: () => undefined });
  cleanups.push(() => source.close());
  const corners = ({ data, linesize, width, height }: Frame) => {
    const at = (x: number, y: number) => data?.[0]?.[y * (linesize[0] ?? 0) + x];
    return [at(2, 2), at(width - 3, 2), at(2, height - 3), at(width - 3, height - 3)];
  };
  for (const share of [1, 1 / 2, 3 / 4, 1]) {
    const frame = frameOf(640 * share, 480 * share);
    source.invalidateAll();
    expect(await source.grab(frame)).not.toBeNull();
    expect(corners(frame)).toEqual([16, 16, 16, 235]);
    expect(await source.grab(frame)).toBeNull();
  }
  const half = frameOf(320, 240);
  await source.grab(half);
  await display.setScreenSize(320, 240);
  await whiten(160, 120);
  // As large as before, of another screen.
  expect(await source.grab(half)).not.toBeNull();
  expect(corners(half)).toEqual([16, 16, 16, 235]);
});

it('reports a change once before it is read, others when asked for more, and nothing of its own reading', async () => {
  const server = await startXvfb({ width: 640, height: 480 });
  cleanups.push(() => server.stop());
  const display = await openDisplay(server);
  cleanups.push(() => display.close());
  const { core } = display;
  const window = core.AllocID();
  const gc = core.AllocID();
  core.CreateWindow(window, display.root, 0, 0, 640, 480, 0, 0, 1, 0, { backgroundPixel: 0 });
  core.MapWindow(window);
  core.CreateGC(gc, window, { foreground: 0xffffff });
  await display.sync();
  const memory = createMemoryMapper();
  const converter = createColorConverter(memory, pino({ level: 'silent' }));
  let changes = 0;
  const source = createScreenSource({ display, memory, converter, onDamage: () => changes++, paint: () => undefined });
  cleanups.push(() => source.close());
  source.start();
  const frame = frameOf(640, 480);
  const draw = async () => {
    const before = changes;
    core.PolyFillRectangle(window, gc, [100, 100, 300, 300]);
    await display.sync();
    return changes - before;
  };
  for (let round = 0; round < 3; round++) {
    await source.grab(frame);
    await display.sync();
    expect(await draw()).toBe(1);
    expect(await draw()).toBe(0);
    source.awaitMore();
    expect(await draw()).toBe(1);
    const before = changes;
    expect(await source.grab(frame)).not.toBeNull();
    await display.sync();
    expect(changes).toBe(before);
  }
});
