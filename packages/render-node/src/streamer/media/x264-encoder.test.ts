import { AV_LOG_ERROR } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { vbvBufferBits } from './rate-control.js';
import { openCodecLab } from './testing/codec-lab.js';
import { drawMoving, encodeMoving, mbps, movingFps, picturesDrawn } from './testing/moving-pictures.js';
import type { VideoEncoder } from './video-encoder.js';
import { createX264Encoder } from './x264-encoder.js';

const options = { width: 320, height: 192, fps: movingFps, bitrateBps: 2_000_000, threads: 2 };
let encoder: VideoEncoder | undefined;

beforeAll(() => Log.setLevel(AV_LOG_ERROR));
afterEach(() => {
  encoder?.close();
  encoder = undefined;
});

describe('createX264Encoder', () => {
  it('makes a key frame first, then on demand only', async () => {
    // Of a rate at which none is too large.
    encoder = await createX264Encoder({ ...options, bitrateBps: 20_000_000 });
    const made = await encodeMoving(encoder, 20);
    drawMoving(encoder);
    made.push(await encoder.encode((picturesDrawn(encoder) + 1) * 20_000, true), ...(await encodeMoving(encoder, 2)));
    expect(made.flatMap(({ keyFrame }, index) => (keyFrame ? [index] : []))).toEqual([0, 20]);
  });

  it('follows any new bitrate on the running encoder', async () => {
    encoder = await createX264Encoder(options);
    await encodeMoving(encoder, 20);
    for (const expected of [2, 0.8, 4]) {
      encoder.setBitrate(expected * 1_000_000);
      await encodeMoving(encoder, 20);
      const made = await encodeMoving(encoder, 50);
      expect(mbps(made)).toBeGreaterThan(expected * 0.7);
      expect(mbps(made)).toBeLessThan(expected * 1.25);
    }
  });

  it('bounds a scene that nobody saw coming, and shows it as it is soon after', async () => {
    const [width, height, bitrateBps] = [640, 384, 1_500_000];
    const lab = await openCodecLab('H264', { width, height, fps: 60, threads: 2, bitrateBps });
    const scene =
      (seed: number, step: number) =>
      (planes: readonly Uint8Array[], [stride = 0]: readonly number[]) => {
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const value =
              Math.sin((x + step) / (7 + seed)) * Math.cos((y + step) / (5 + seed)) * 90 + ((x * y * seed) % 23);
            if (planes[0]) planes[0][y * stride + x] = 120 + value;
          }
        for (const plane of planes.slice(1)) plane.fill(128);
      };
    try {
      const take = (index: number, seed: number, step: number) =>
        lab.take(scene(seed, step), (index * 1_000_000) / 60, index === 0);
      for (let index = 0; index < 60; index++) await take(index, 1, Math.floor(index / 8));
      const bits: number[] = [];
      let last = await take(60, 9, 0);
      bits.push(last.bytes * 8);
      for (let index = 61; index < 180; index++) {
        last = await take(index, 9, 0);
        bits.push(last.bytes * 8);
      }
      expect(bits[0]).toBeLessThanOrEqual(vbvBufferBits(bitrateBps, 60) * 1.4);
      const wanted = new Uint8Array(width * height);
      scene(9, 0)([wanted], [width]);
      const error = wanted.reduce((sum, value, at) => sum + Math.abs(value - (last.luma[at] ?? 0)), 0);
      expect(error / wanted.length).toBeLessThan(4);
      // It stands and is fine: nothing is left to send.
      expect(bits.at(-1)).toBeLessThan(2_000);
    } finally {
      lab.close();
    }
  });
});
