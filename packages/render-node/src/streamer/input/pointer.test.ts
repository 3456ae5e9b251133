import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampToScreen, pointFromPicture, pointFromScaled, stepDelta } from './pointer.js';

const size = fc.record({ width: fc.integer({ min: 1, max: 7_680 }), height: fc.integer({ min: 1, max: 4_320 }) });
const anyPoint = fc.record({ x: fc.double({ noNaN: true }), y: fc.double({ noNaN: true }) });

describe('points', () => {
  it('always lie on a pixel of the screen', () => {
    fc.assert(
      fc.property(anyPoint, size, size, (point, picture, screen) => {
        for (const result of [
          clampToScreen(point, screen),
          pointFromScaled(point, screen),
          pointFromPicture(point, picture, screen),
        ]) {
          expect(Number.isInteger(result.x) && Number.isInteger(result.y)).toBe(true);
          expect(result.x >= 0 && result.x < screen.width && result.y >= 0 && result.y < screen.height).toBe(true);
        }
      }),
    );
  });

  it('come back to the pixel that a client means when it shows the picture 1:1', () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (screen, a, b) => {
        const pixel = { x: a % screen.width, y: b % screen.height };
        const scaled = {
          x: Math.round((8_192 * pixel.x) / screen.width),
          y: Math.round((8_192 * pixel.y) / screen.height),
        };
        expect(pointFromScaled(scaled, screen)).toEqual(pixel);
      }),
    );
  });

  it.each([
    [
      { x: 8_192, y: 8_192 },
      { x: 1_279, y: 719 },
    ],
    [
      { x: 0, y: 0 },
      { x: 0, y: 0 },
    ],
    [
      { x: 4_096, y: 4_096 },
      { x: 640, y: 360 },
    ],
    [
      { x: -5, y: 9_000 },
      { x: 0, y: 719 },
    ],
  ])('%j of 1/8192', (scaled, expected) => {
    expect(pointFromScaled(scaled, { width: 1_280, height: 720 })).toEqual(expected);
  });

  it('follow the client that still knows the old size of the screen', () => {
    expect(pointFromPicture({ x: 50, y: 60 }, { width: 100, height: 100 }, { width: 200, height: 300 })).toEqual({
      x: 100,
      y: 180,
    });
    expect(pointFromPicture({ x: 50, y: 60 }, { width: 0, height: 0 }, { width: 200, height: 300 })).toEqual({
      x: 50,
      y: 60,
    });
  });
});

describe('stepDelta', () => {
  it('loses nothing of many small movements', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -40, max: 40, noNaN: true }), { maxLength: 100 }), (deltas) => {
        let carry = { x: 0, y: 0 };
        let moved = 0;
        for (const x of deltas) {
          const step = stepDelta({ x, y: 0 }, carry);
          expect(Number.isInteger(step.move.x)).toBe(true);
          carry = step.carry;
          moved += step.move.x;
        }
        const sum = deltas.reduce((total, delta) => total + delta, 0);
        expect(Math.abs(sum - moved)).toBeLessThan(1 + 1e-6);
      }),
    );
  });

  it('stays within what XTEST can carry', () => {
    expect(stepDelta({ x: 1e300, y: -1e300 }, { x: 0.9, y: -0.9 }).move).toEqual({ x: 32_767, y: -32_767 });
  });
});
