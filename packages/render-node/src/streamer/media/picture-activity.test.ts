import { expect, it } from 'vitest';
import { createActivityMeter } from './picture-activity.js';

const [width, height, stride] = [640, 360, 704];
const pixels = width * height;

const picture = (value: (x: number, y: number) => number) => {
  const luma = new Uint8Array(stride * height).fill(255);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) luma[y * stride + x] = value(x, y);
  return luma;
};

it('tells change for each pixel, from black at first', () => {
  const meter = createActivityMeter(width, height);
  expect(
    meter.measure(
      picture(() => 40),
      stride,
    ).change,
  ).toBeCloseTo(40 * pixels, -3);
  expect(
    meter.measure(
      picture(() => 40),
      stride,
    ).change,
  ).toBe(0);
  expect(
    meter.measure(
      picture(() => 37),
      stride,
    ).change,
  ).toBeCloseTo(3 * pixels, -3);
});

it('tells detail, also where upright lines have the distance of samples', () => {
  const meter = createActivityMeter(width, height);
  expect(
    meter.measure(
      picture(() => 40),
      stride,
    ).detail,
  ).toBe(0);
  const { detail } = meter.measure(
    picture((x) => (x % 8 === 0 ? 200 : 100)),
    stride,
  );
  // Each line has two edges.
  expect(detail / ((100 * 2 * pixels) / 8)).toBeCloseTo(1, 0);
});

it.each([
  [2, 2],
  [8, 8],
  [16, 2],
])('never looks beside the picture (%i×%i)', (columns, rows) => {
  const meter = createActivityMeter(columns, rows);
  const { change, detail } = meter.measure(new Uint8Array(columns * rows).fill(9), columns);
  for (const value of [change, detail]) expect(Number.isFinite(value)).toBe(true);
});
