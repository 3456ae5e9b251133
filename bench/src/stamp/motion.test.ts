import { expect, it } from 'vitest';
import { motionFrame } from './motion.js';
import { contentTop } from './stamp-code.js';

const [width, height] = [320, 320];

function paint(frame: number): Int32Array {
  const pixels = new Int32Array(width * height).fill(-1);
  for (const { colour, rectangles } of motionFrame(frame, width, height)) {
    for (let at = 0; at < rectangles.length; at += 4) {
      const [x = 0, y = 0, w = 0, h = 0] = rectangles.slice(at, at + 4);
      for (let line = y; line < y + h; line++) pixels.fill(colour, line * width + x, line * width + x + w);
    }
  }
  return pixels;
}

it('covers the whole area below the stamp in whole pixels, and nothing above', () => {
  for (const frame of [0, 1, 777, 65_535]) {
    const numbers = motionFrame(frame, width, height).flatMap(({ rectangles }) => rectangles);
    expect(numbers.every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
    const pixels = paint(frame);
    expect(pixels.subarray(0, contentTop * width).every((pixel) => pixel === -1)).toBe(true);
    expect(pixels.subarray(contentTop * width).every((pixel) => pixel >= 0)).toBe(true);
  }
});

it('is the same for the same frame and another one for the next', () => {
  expect(paint(41)).toEqual(paint(41));
  const [one, next] = [paint(41), paint(42)];
  const changed = one.filter((pixel, index) => pixel !== next[index]).length;
  expect(changed).toBeGreaterThan(width * 20);
});
