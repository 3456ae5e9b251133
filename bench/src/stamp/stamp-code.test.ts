import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeStamp,
  encodeStamp,
  msSince,
  type Stamp,
  sampleBlocks,
  stampBits,
  stampLayout,
  stampRectangles,
  toStampUs,
} from './stamp-code.js';

const uint16 = fc.integer({ min: 0, max: 65_535 });
const wallClockUs = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const anyStamp: fc.Arbitrary<Stamp> = fc.record({
  drawnAtUs: wallClockUs,
  frame: uint16,
  inputSeq: uint16,
  inputAtUs: wallClockUs,
  inputKind: fc.constantFrom('none' as const, 'key' as const, 'button' as const),
  inputDetail: fc.integer({ min: 0, max: 255 }),
  pointerX: uint16,
  pointerY: uint16,
});

/** Paints the rectangles into an RGBA picture that begins at the stamp's corner. */
function paint(
  rectangles: readonly number[],
  noise: (index: number) => number,
): { pixels: Uint8Array; stride: number } {
  const { left, top, blockSize, columns, rows } = stampLayout;
  const stride = columns * blockSize + 7;
  const pixels = new Uint8Array(stride * rows * blockSize * 4);
  for (let index = 0; index < rectangles.length; index += 4) {
    const [x = 0, y = 0, width = 0, height = 0] = rectangles.slice(index, index + 4);
    for (let row = y - top; row < y - top + height; row += 1) {
      pixels.fill(255, (row * stride + x - left) * 4, (row * stride + x - left + width) * 4);
    }
  }
  for (let index = 0; index < pixels.length; index += 1) {
    pixels[index] = Math.abs((pixels[index] ?? 0) - noise(index));
  }
  return { pixels, stride };
}

describe('stamp code', () => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(anyStamp, (stamp) => {
        expect(decodeStamp(encodeStamp(stamp).map((bit) => bit * 255))).toEqual(stamp);
      }),
    );
  });

  it('tells the time between a stamp and a near moment, also across the wrap', () => {
    const moment = fc.double({ min: 1.7e12, max: 2.6e12, noNaN: true });
    fc.assert(
      fc.property(moment, fc.double({ min: -5_000, max: 5_000, noNaN: true }), (drawnMs, laterMs) => {
        expect(msSince(toStampUs(drawnMs), drawnMs + laterMs)).toBeCloseTo(laterMs, 2);
      }),
    );
    const wrapMs = (7 * 2 ** 48) / 1000;
    expect(msSince(toStampUs(wrapMs - 3), wrapMs + 4)).toBeCloseTo(7, 2);
  });

  it('survives grey instead of black and white, as a lossy codec leaves it', () => {
    const greys = fc.array(fc.integer({ min: 0, max: 120 }), { minLength: stampBits, maxLength: stampBits });
    fc.assert(
      fc.property(anyStamp, greys, (stamp, errors) => {
        const luma = Array.from(encodeStamp(stamp), (bit, index) =>
          bit ? 255 - (errors[index] ?? 0) : (errors[index] ?? 0),
        );
        expect(decodeStamp(luma)).toEqual(stamp);
      }),
    );
  });

  it('takes no stamp with one to three wrong blocks for a whole one', () => {
    const wrong = fc.uniqueArray(fc.integer({ min: 0, max: stampBits - 1 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(anyStamp, wrong, (stamp, positions) => {
        const luma = encodeStamp(stamp).map((bit) => bit * 255);
        for (const position of positions) luma[position] = 255 - (luma[position] ?? 0);
        expect(decodeStamp(luma)).toBeNull();
      }),
    );
  });

  it('sees nothing in a plain area or in another number of blocks', () => {
    expect(decodeStamp(new Uint8Array(stampBits))).toBeNull();
    expect(decodeStamp(new Uint8Array(stampBits).fill(255))).toBeNull();
    expect(decodeStamp(new Uint8Array(stampBits - 1))).toBeNull();
  });

  it('reads its own rectangles from a noisy picture', () => {
    fc.assert(
      fc.property(anyStamp, fc.integer({ min: 1, max: 90 }), (stamp, amplitude) => {
        const { pixels, stride } = paint(stampRectangles(encodeStamp(stamp)), (index) => (index * 7919) % amplitude);
        expect(decodeStamp(sampleBlocks(pixels, stride))).toEqual(stamp);
      }),
      { numRuns: 20 },
    );
  });
});
