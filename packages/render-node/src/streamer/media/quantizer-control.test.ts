import { describe, expect, it } from 'vitest';
import type { PictureActivity } from './picture-activity.js';
import { createQuantizerControl, type QuantizerControl } from './quantizer-control.js';
import { vbvBufferBits } from './rate-control.js';

const size = { width: 1_280, height: 720, fps: 60 };
const pixels = size.width * size.height;
const bitrateBps = 4_000_000;
const shareBits = bitrateBps / size.fps;

/** Activity of mean differences for each pixel. */
const activity = (change: number, detail: number): PictureActivity => ({
  change: change * pixels,
  detail: detail * pixels,
});
const quiet = activity(0, 5);

/** An encoder that takes `cost` bits for each unit of change, and what key frames and left out residue take. */
function createEncoder(control: QuantizerControl, cost: { change: number; key: number; residue: number }) {
  let timeUs = 0;
  let lastInverse = 0;
  const sizeOf = (picture: PictureActivity, keyFrame: boolean, quantizer: number) => {
    const inverse = 2 ** (-quantizer / 6);
    const residue = cost.residue * picture.detail * Math.max(0, inverse - lastInverse);
    return 500 + (keyFrame ? cost.key * picture.detail * inverse : cost.change * picture.change * inverse + residue);
  };
  return (picture: PictureActivity, keyFrame = false, intervalUs = 16_667) => {
    timeUs += intervalUs;
    let quantizer = control.choose({ activity: picture, keyFrame, timeUs });
    let bits = sizeOf(picture, keyFrame, quantizer);
    const again = control.again({ quantizer, bits });
    if (again !== null) {
      quantizer = again;
      bits = sizeOf(picture, true, quantizer);
    }
    lastInverse = 2 ** (-quantizer / 6);
    control.onPicture({ quantizer, bits });
    return { quantizer, bits, again: again !== null };
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the quantizer', () => {
  it.each([0.02, 0.1, 0.5, 1, 2])(
    'takes a moving picture to the target, whatever it costs (%f bits a unit)',
    (change) => {
      const control = createQuantizerControl(size, bitrateBps);
      const encode = createEncoder(control, { change, key: 3, residue: 1 });
      encode(activity(20, 8), true);
      const made = Array.from({ length: 240 }, () => encode(activity(20, 8)));
      const steady = made.slice(60);
      const atFinest = steady.every(({ quantizer }) => quantizer <= 24);
      const atCoarsest = steady.every(({ quantizer }) => quantizer >= 51);
      const rate = mean(steady.map(({ bits }) => bits)) / shareBits;
      // As fine as can be seen takes what it takes, below the target.
      if (atFinest) expect(rate).toBeLessThanOrEqual(1.02);
      else if (!atCoarsest) expect(rate).toBeCloseTo(1, 1);
      expect(Math.max(...steady.map(({ bits }) => bits))).toBeLessThan(shareBits * 2.5);
    },
  );

  it('leaves a third of the target where that hardly shows, though credit grows', () => {
    const control = createQuantizerControl({ ...size, fps: 30 }, bitrateBps);
    const encode = createEncoder(control, { change: 0.07, key: 3, residue: 1 });
    encode(activity(20, 8), true, 33_333);
    const steady = Array.from({ length: 240 }, () => encode(activity(20, 8), false, 33_333)).slice(60);
    const rate = mean(steady.map(({ bits }) => bits)) / (bitrateBps / 30);
    expect(rate).toBeGreaterThan(0.5);
    expect(rate).toBeLessThan(0.7);
    expect(Math.max(...steady.map(({ quantizer }) => quantizer))).toBeLessThanOrEqual(25);
  });

  it('follows a new target with the next picture', () => {
    const control = createQuantizerControl(size, bitrateBps);
    const encode = createEncoder(control, { change: 0.2, key: 3, residue: 1 });
    encode(activity(20, 8), true);
    for (let index = 0; index < 120; index++) encode(activity(20, 8));
    control.setBitrate(bitrateBps / 4);
    const { bits } = encode(activity(20, 8));
    expect(bits).toBeLessThan((shareBits / 4) * 1.5);
  });

  it('does not take a page that begins to scroll for a new one', () => {
    const control = createQuantizerControl(size, bitrateBps);
    const encode = createEncoder(control, { change: 0.02, key: 3, residue: 1 });
    encode(activity(0, 16), true);
    const stood = Array.from({ length: 120 }, () => encode(activity(0, 16))).at(-1);
    const scrolled = Array.from({ length: 30 }, () => encode(activity(19, 16)));
    // Predicted from what has moved, it takes little: nothing of what was fine may be lost on the way.
    expect(Math.max(...scrolled.map(({ quantizer }) => quantizer))).toBeLessThanOrEqual((stood?.quantizer ?? 0) + 12);
    expect(scrolled.at(-1)?.quantizer).toBeLessThanOrEqual((stood?.quantizer ?? 0) + 6);
  });

  it('never lets a change of scene through that a path would stand still for', () => {
    const control = createQuantizerControl(size, 1_000_000);
    const encode = createEncoder(control, { change: 0.02, key: 3, residue: 1 });
    encode(activity(20, 8), true);
    for (let index = 0; index < 120; index++) encode(activity(20, 8));
    // Unlike what the pictures before had taught: a hundred times as much for the same change.
    const cut = createEncoder(control, { change: 2, key: 3, residue: 1 })(activity(60, 10));
    expect(cut.again).toBe(true);
    expect(cut.bits).toBeLessThanOrEqual(vbvBufferBits(1_000_000, size.fps) * 1.6);
  });

  it('sharpens a picture that stands, at the rate of the stream, until it is fine', () => {
    const control = createQuantizerControl(size, 1_000_000);
    const encode = createEncoder(control, { change: 0.6, key: 3, residue: 1 });
    encode(activity(20, 8), true);
    for (let index = 0; index < 60; index++) encode(activity(20, 8));
    const made = Array.from({ length: 240 }, () => encode(quiet));
    expect(made[0]?.quantizer).toBeGreaterThan(30);
    expect(made.at(-1)?.quantizer).toBe(16);
    expect(mean(made.slice(0, 60).map(({ bits }) => bits))).toBeLessThan((1_000_000 / size.fps) * 1.5);
    expect(made.at(-1)?.bits).toBeLessThan(1_000);
  });

  it('saves nothing up over a rest but a few pictures’ share', () => {
    const control = createQuantizerControl(size, bitrateBps);
    const encode = createEncoder(control, { change: 0.6, key: 3, residue: 1 });
    encode(activity(20, 8), true);
    for (let index = 0; index < 60; index++) encode(activity(20, 8));
    for (let index = 0; index < 10; index++) encode(quiet);
    const { bits } = encode(activity(20, 8), false, 60_000_000);
    // What is larger than that is made again.
    expect(bits).toBeLessThan(vbvBufferBits(bitrateBps, size.fps) * 1.3);
  });

  it('keeps a key frame within the buffer once it knows what one costs', () => {
    const control = createQuantizerControl(size, bitrateBps);
    const encode = createEncoder(control, { change: 0.6, key: 5, residue: 1 });
    const made = Array.from({ length: 8 }, () => encode(activity(20, 20), true, 1_000_000));
    expect(made.at(-1)?.bits).toBeLessThanOrEqual(vbvBufferBits(bitrateBps, size.fps));
    expect(made.at(-1)?.bits).toBeGreaterThan(vbvBufferBits(bitrateBps, size.fps) * 0.5);
  });

  it('stays within what x264 has, whatever it is given', () => {
    const control = createQuantizerControl(size, 100_000);
    const encode = createEncoder(control, { change: 500, key: 500, residue: 500 });
    for (const picture of [activity(0, 0), activity(255, 255), quiet, activity(255, 0), activity(0, 255)]) {
      for (const keyFrame of [true, false, false]) {
        const { quantizer } = encode(picture, keyFrame, 0);
        expect(Number.isInteger(quantizer)).toBe(true);
        expect(quantizer).toBeGreaterThanOrEqual(1);
        expect(quantizer).toBeLessThanOrEqual(51);
      }
    }
  });
});
