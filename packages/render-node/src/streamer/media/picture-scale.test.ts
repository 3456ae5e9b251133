import fc from 'fast-check';
import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createColorConverter, createSwscaleConverter } from './color-convert.js';
import { createMemoryMapper } from './native-memory.js';
import { createScalingConverter, scaledBand } from './picture-scale.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const memory = createMemoryMapper();
const converters = {
  libyuv: () => createColorConverter(memory, pino({ level: 'silent' })),
  swscale: () => createSwscaleConverter(memory),
};

function frameOf(width: number, height: number): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = width;
  frame.height = height;
  expect(frame.allocBuffer()).toBeGreaterThanOrEqual(0);
  for (const plane of frame.data ?? []) plane.fill(0);
  cleanups.push(() => frame.free());
  return frame;
}

/** A screen with a grey of its own for each pixel. */
function screenOf(width: number, height: number, grey: (x: number, y: number) => number) {
  const mapping = memory.map(width * height * 4);
  cleanups.push(() => mapping.close());
  const bytes = memory.view(mapping.address, mapping.bytes);
  const paint = (top: number, bottom: number) => {
    for (let y = top; y < bottom; y++) {
      for (let x = 0; x < width; x++) bytes.fill(grey(x, y), (y * width + x) * 4, (y * width + x) * 4 + 4);
    }
  };
  paint(0, height);
  return { pixels: { address: mapping.address, strideBytes: width * 4, width, height }, bytes };
}

const luma = (frame: Frame, x: number, y: number) => frame.data?.[0]?.[y * (frame.linesize[0] ?? 0) + x] ?? 0;
const rowsOf = (frame: Frame) =>
  (frame.data ?? []).map((plane, at) => {
    const [width, height] = at === 0 ? [frame.width, frame.height] : [frame.width / 2, frame.height / 2];
    const stride = frame.linesize[at] ?? 0;
    return Array.from({ length: height }, (_, row) => [...plane.subarray(row * stride, row * stride + width)]).flat();
  });

describe.each(['libyuv', 'swscale'] as const)('scaling with %s', (name) => {
  it.each([
    [160, 120, 1],
    [120, 90, 3 / 4],
    [80, 60, 1 / 2],
    [40, 30, 1 / 4],
    [106, 80, 2 / 3],
  ])('fills a frame of %d×%d with the whole screen', (width, height) => {
    // Four fields: what lies where tells a shift, a crop and a mix-up of planes.
    const { pixels } = screenOf(160, 120, (x, y) => (x < 80 ? 40 : 120) + (y < 60 ? 0 : 100));
    const converter = createScalingConverter(converters[name]());
    cleanups.push(() => converter.close());
    expect(converter.name).toBe(name);
    const frame = frameOf(width, height);
    converter.convert(pixels, { top: 0, bottom: 120 }, frame);
    const near = (x: number, y: number) => luma(frame, Math.floor(x * (width - 1)), Math.floor(y * (height - 1)));
    const limited = (grey: number) => 16 + (grey * 219) / 255;
    for (const [x, y, grey] of [
      ...[[0, 0, 40] as const, [0.45, 0.45, 40] as const, [1, 0, 120] as const, [0.55, 0.45, 120] as const],
      ...[[0, 1, 140] as const, [0.45, 0.56, 140] as const, [1, 1, 220] as const, [0.55, 0.56, 220] as const],
    ]) {
      expect(Math.abs(near(x, y) - limited(grey)), `${x} ${y}`).toBeLessThan(3);
    }
    const chroma = rowsOf(frame).slice(1).flat();
    expect(chroma.every((value) => Math.abs(value - 128) < 3)).toBe(true);
  });
});

it.each([
  [120, 90],
  [80, 60],
  [40, 30],
  [106, 78],
])('makes of the rows that changed what the whole screen would give, at %d×%d', (width, height) => {
  const noise = (x: number, y: number) => (x * 37 + y * 91 + x * y * 13) % 256;
  const { pixels, bytes } = screenOf(160, 120, noise);
  const create = () => {
    const converter = createScalingConverter(converters.libyuv());
    cleanups.push(() => converter.close());
    return converter;
  };
  const [byParts, atOnce] = [create(), create()];
  const [frame, expected] = [frameOf(width, height), frameOf(width, height)];
  byParts.convert(pixels, { top: 0, bottom: 120 }, frame);
  for (const [top, bottom] of [[10, 12] as const, [50, 86] as const, [118, 120] as const]) {
    bytes.fill(200, top * 160 * 4, bottom * 160 * 4);
    byParts.convert(pixels, { top, bottom }, frame);
  }
  atOnce.convert(pixels, { top: 0, bottom: 120 }, expected);
  const [made, wanted] = [rowsOf(frame), rowsOf(expected)];
  made.forEach((plane, at) => {
    const off = plane.map((value, index) => Math.abs(value - (wanted[at]?.[index] ?? 0)));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
  });
});

it('takes all of the screen for a frame that it has not filled before', () => {
  const { pixels } = screenOf(160, 120, () => 235);
  const converter = createScalingConverter(converters.libyuv());
  cleanups.push(() => converter.close());
  const frame = frameOf(80, 60);
  converter.convert(pixels, { top: 0, bottom: 2 }, frame);
  expect(luma(frame, 79, 59)).toBeGreaterThan(200);
});

it('widens bands to whole blocks of even rows that cover them, and never beyond the picture', () => {
  const side = fc.integer({ min: 1, max: 1_080 }).map((half) => half * 2);
  fc.assert(
    fc.property(side, side, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(400), (a, b, at, rows) => {
      const [from, to] = [Math.max(a, b), Math.min(a, b)];
      const top = 2 * Math.floor((at * (from - 2)) / 2);
      const bottom = Math.min(from, top + 2 + 2 * rows);
      const { source, target } = scaledBand({ top, bottom }, from, to);
      expect(source.top <= top && source.bottom >= bottom && source.bottom <= from && target.bottom <= to).toBe(true);
      for (const row of [source.top, source.bottom, target.top, target.bottom]) expect(row % 2).toBe(0);
      // Both stand for the same part of the picture.
      expect(source.top * to).toBe(target.top * from);
      expect(source.bottom * to).toBe(target.bottom * from);
      expect(target.bottom).toBeGreaterThan(target.top);
    }),
  );
  expect(scaledBand({ top: 10, bottom: 12 }, 1_080, 810)).toEqual({
    source: { top: 8, bottom: 16 },
    target: { top: 6, bottom: 12 },
  });
});
