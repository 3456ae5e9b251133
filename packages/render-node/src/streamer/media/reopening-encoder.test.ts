import { describe, expect, it } from 'vitest';
import { createReopeningEncoder, isWorthReopening } from './reopening-encoder.js';
import { createVideoEncoder } from './video-encoder.js';

const options = { width: 64, height: 48, fps: 50, bitrateBps: 4_000_000, threads: 1 };

describe('isWorthReopening', () => {
  it.each([
    ['the same rate', 4, 10_000, false],
    ['a small fall', 3.5, 10_000, false],
    ['a fall', 3, 250, true],
    ['a fall right after the last', 3, 100, false],
    ['a small raise', 5.5, 10_000, false],
    ['a raise', 6, 2_000, true],
    ['a raise soon after the last', 6, 1_000, false],
  ])('%s', (_what, mbps, sinceMs, expected) => {
    expect(isWorthReopening(4_000_000, mbps * 1_000_000, sinceMs * 1_000)).toBe(expected);
  });
});

it('takes another encoder with a key frame when the target has moved, and the same one otherwise', async () => {
  const opened: number[] = [];
  let closed = 0;
  const encoder = await createReopeningEncoder('x264', options, async (wanted, shared) => {
    opened.push(wanted.bitrateBps);
    const made = await createVideoEncoder(wanted, shared);
    return {
      ...made,
      close: () => {
        closed++;
        made.close();
      },
    };
  });
  const keyFrames: boolean[] = [];
  for (const [atMs, bps] of [
    [0, 4_000_000],
    [500, 3_900_000],
    [1_000, 1_000_000],
    [1_100, 1_100_000],
    [3_200, 4_000_000],
  ] as const) {
    encoder.setBitrate(bps);
    keyFrames.push((await encoder.encode(atMs * 1_000, false)).keyFrame);
  }
  expect(keyFrames).toEqual([true, false, true, false, true]);
  expect(opened).toEqual([4_000_000, 1_000_000, 4_000_000]);
  encoder.close();
  encoder.close();
  expect(closed).toBe(3);
});
