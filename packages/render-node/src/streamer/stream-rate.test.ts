import { expect, it } from 'vitest';
import { fullSize } from './media/picture-size.js';
import type { VideoSettings } from './media/video-contract.js';
import { createStreamRate } from './stream-rate.js';

const settings = {
  ...{ width: 640, height: 480, fps: 60, minBitrateBps: 500_000, maxBitrateBps: 8_000_000, disabledVideoCodecs: [] },
  ...{ publishKeyFrameIntervalMs: 2_000, publishIncludesMicrophone: false },
};
const picture = {
  codec: 'H264' as const,
  data: Buffer.alloc(1_000),
  keyFrame: false,
  captureTimeUs: 0,
  width: 640,
  height: 480,
};

/** A stream whose pictures take `busyMs` each, of which a third is capture. */
function createStream({ keepsSize = false } = {}) {
  const taken: VideoSettings[] = [];
  const moves: string[] = [];
  const path = { bps: 4_000_000 };
  let nowMs = 0;
  const rate = createStreamRate({
    configure: (next) => taken.push(next),
    pathBps: () => path.bps,
    setRange: () => undefined,
    screenSize: () => ({ width: 640, height: 480 }),
    keepsSize: () => keepsSize,
    onLadder: (from, to) => moves.push(`${from.fps} ${to.fps}`),
    nowMs: () => nowMs,
  });
  const second = (busyMs: number) => {
    const fps = taken.at(-1)?.fps ?? 60;
    for (let at = 0; at < Math.min(fps, 1_000 / busyMs); at++) {
      const grabbed = { captureMs: busyMs / 3, convertMs: 0 };
      rate.onPictures([picture, picture], { grabbed, encodeStartUs: 0, encodeEndUs: (busyMs * 2_000) / 3 });
    }
    nowMs += 1_000;
    rate.tick();
  };
  return { rate, taken, moves, path, second };
}

it('makes pictures smaller only where every client shows them as large as before', () => {
  for (const keepsSize of [false, true]) {
    const { rate, taken, second } = createStream({ keepsSize });
    rate.setProfile(settings, null);
    for (let at = 0; at < 20; at++) second(90);
    expect(taken.some(({ share }) => share < 1)).toBe(!keepsSize);
    expect(taken.at(-1)?.fps).toBeLessThan(30);
  }
});

it('lowers the frame rate on a machine at its end, keeps it for a new wish, and raises it again', () => {
  const { rate, taken, moves, second } = createStream();
  rate.setProfile(settings, null);
  expect(taken).toEqual([{ ...fullSize, fps: 60, bitrateBps: 4_000_000 }]);
  for (let at = 0; at < 7; at++) second(30);
  expect(taken.at(-1)).toEqual({ ...fullSize, fps: 30, bitrateBps: 4_000_000 });
  expect(moves).toEqual(['60 40', '40 30']);
  rate.setProfile(settings, { fps: 40 });
  expect(taken.at(-1)?.fps).toBe(20);
  rate.setProfile(settings, null);
  for (let at = 0; at < 60; at++) second(4);
  expect(taken.at(-1)?.fps).toBe(60);
  for (let at = 0; at < 10; at++) second(30);
  rate.reset();
  rate.setProfile(settings, null);
  expect(taken.at(-1)?.fps).toBe(60);
});

it('follows the path at once when it falls, whatever the frame rate', () => {
  const { rate, taken, path, second } = createStream();
  rate.setProfile(settings, { max_bitrate: 3 });
  expect(taken.at(-1)?.bitrateBps).toBe(3_000_000);
  path.bps = 1_000_000;
  rate.update();
  expect(taken.at(-1)).toEqual({ ...fullSize, fps: 60, bitrateBps: 1_000_000 });
  second(4);
  expect(taken).toHaveLength(2);
  path.bps = 100_000;
  rate.update();
  expect([rate.bitrateBps, rate.range().minBitrateBps]).toEqual([500_000, 500_000]);
});
