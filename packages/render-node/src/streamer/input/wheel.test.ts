import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputLimits } from './limits.js';
import { stepWheel } from './wheel.js';

function notchesOf(deltas: readonly number[]): number[] {
  let carry = 0;
  return deltas.map((delta) => {
    const step = stepWheel(delta, carry);
    carry = step.carryPixels;
    return step.notches;
  });
}

describe('stepWheel', () => {
  it.each([
    ['one notch of Linux', [120], [1]],
    ['one notch of Windows', [100], [1]],
    ['three notches up', [-360], [-3]],
    ['API call down', [1], [1]],
    ['API call up', [-1], [-1]],
    ['half notches of an API', [0.5, 0.5, 0.5], [0, 1, 0]],
    ['touchpad pixels', [40, 40, 40, 40], [0, 0, 1, 0]],
    ['turning round forgets', [80, -80, -40], [0, 0, -1]],
    ['nothing', [0], [0]],
    ['not a number', [Number.NaN, Number.POSITIVE_INFINITY], [0, 0]],
    ['too much', [1e9], [inputLimits.notchesPerMessage]],
  ])('%s', (_name, deltas, expected) => {
    expect(notchesOf(deltas)).toEqual(expected);
  });

  it('collects a touchpad without loss, and never carries a whole notch', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 2, max: 99 }), { maxLength: 200 }), (deltas) => {
        const total = deltas.reduce((sum, delta) => sum + delta, 0);
        const notches = notchesOf(deltas).reduce((sum, count) => sum + count, 0);
        expect(notches).toBe(Math.floor(total / 120));
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ min: -119, max: 119, noNaN: true }), (delta, carry) => {
        const step = stepWheel(delta, carry);
        expect(Math.abs(step.carryPixels)).toBeLessThan(120);
        expect(Math.abs(step.notches)).toBeLessThanOrEqual(inputLimits.notchesPerMessage);
      }),
    );
  });
});
