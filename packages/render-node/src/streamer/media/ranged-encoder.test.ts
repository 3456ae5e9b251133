import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@cloudstage/protocol';
import { AV_LOG_ERROR } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRangeChoice, createRangedEncoder } from './ranged-encoder.js';
import { drawMoving } from './testing/moving-pictures.js';
import { createVideoEncoder, type VideoEncoder, type VideoEncoderOptions } from './video-encoder.js';
import { createX264Encoder } from './x264-encoder.js';

const options = { width: 320, height: 192, fps: 60, bitrateBps: 0, threads: 1 } satisfies VideoEncoderOptions;
/** Bits a second for so many bits a pixel. */
const bitrate = (bitsPerPixel: number) => bitsPerPixel * options.width * options.height * options.fps;
const seconds = (value: number) => value * 1_000_000;

describe('the choice by bitrate', () => {
  it('falls at once, rises when the bitrate has stayed high, and keeps what it has in between', () => {
    const { choose } = createRangeChoice(options);
    const heard = [
      [0.2, 0],
      [0.065, 1],
      [0.05, 2],
      [0.065, 3],
      [0.2, 4],
      [0.2, 5],
      [0.065, 5.5],
      [0.2, 6],
      [0.2, 7.9],
      [0.2, 8.1],
      [0.065, 9],
    ] as const;
    expect(heard.map(([bits, at]) => choose(bitrate(bits), seconds(at)))).toEqual([
      ...['ample', 'ample', 'scarce', 'scarce', 'scarce', 'scarce', 'scarce', 'scarce', 'scarce', 'ample', 'ample'],
    ]);
  });

  it.each([
    [0.2, 'ample'],
    [0.065, 'scarce'],
    [0.01, 'scarce'],
  ] as const)('begins with what suits %f bits a pixel', (bits, range) => {
    expect(createRangeChoice(options).choose(bitrate(bits), 0)).toBe(range);
  });
});

describe('createRangedEncoder', () => {
  let encoder: VideoEncoder | undefined;
  beforeAll(() => Log.setLevel(AV_LOG_ERROR));
  afterEach(() => {
    encoder?.close();
    encoder = undefined;
  });

  /** Which encoders were opened and closed. */
  function watch() {
    const opened: string[] = [];
    const closed: string[] = [];
    const open = new Set<VideoEncoder>();
    const opener =
      (name: string, create: typeof createX264Encoder) => async (wanted: VideoEncoderOptions, shared: unknown) => {
        opened.push(name);
        const made = await create(wanted, shared as Parameters<typeof create>[1]);
        open.add(made);
        return {
          ...made,
          close: () => {
            open.delete(made);
            closed.push(name);
            made.close();
          },
        };
      };
    const onFailure = vi.fn();
    const scarce = opener('scarce', createVideoEncoder);
    return {
      opened,
      closed,
      open,
      onFailure,
      ranges: { scarce, ample: opener('ample', createX264Encoder), onFailure },
    };
  }

  const take = (atSeconds: number) => {
    if (encoder) drawMoving(encoder);
    return encoder?.encode(Math.round(seconds(atSeconds)), false);
  };

  /** Takes pictures until another encoder has taken over; the first of its pictures. */
  async function takeUntilClosed(closed: readonly string[], fromSeconds: number) {
    const before = closed.length;
    for (let count = 1; count <= 600; count++) {
      const picture = await take(fromSeconds + count / 60);
      if (closed.length > before) return picture;
      await delay(1);
    }
    throw new Error('no other encoder took over');
  }

  it('hands over with a key frame and closes what it leaves', async () => {
    const { ranges, opened, closed, open, onFailure } = watch();
    encoder = await createRangedEncoder(ranges, { ...options, bitrateBps: bitrate(0.2) });
    expect((await take(0))?.keyFrame).toBe(true);
    encoder.setBitrate(bitrate(0.02));
    // It goes on until the other is warm.
    await take(0.1);
    expect(closed).toEqual([]);
    expect((await takeUntilClosed(closed, 0.2))?.keyFrame).toBe(true);
    expect(open.size).toBe(1);
    encoder.setBitrate(bitrate(0.2));
    await take(20);
    expect((await takeUntilClosed(closed, 22))?.keyFrame).toBe(true);
    expect(closed).toEqual(['ample', 'scarce']);
    expect(opened).toEqual(['ample', 'scarce', 'ample']);
    expect(open.size).toBe(1);
    encoder.close();
    expect(open.size).toBe(0);
    expect(onFailure).not.toHaveBeenCalled();
  });

  it('goes on with what it has when the other cannot be opened, and says so once', async () => {
    const { ranges, onFailure } = watch();
    const broken = new AppError('encoder-failed', 'no such encoder');
    encoder = await createRangedEncoder(
      { ...ranges, scarce: () => Promise.reject(broken) },
      { ...options, bitrateBps: bitrate(0.2) },
    );
    await take(0);
    encoder.setBitrate(bitrate(0.02));
    for (let index = 1; index <= 30; index++) {
      expect((await take(index / 60))?.data.length).toBeGreaterThan(0);
      await delay(1);
    }
    expect(onFailure).toHaveBeenCalledExactlyOnceWith(broken);
  });

  it('closes an encoder that becomes ready after it was closed itself', async () => {
    const { ranges, open, opened } = watch();
    encoder = await createRangedEncoder(ranges, { ...options, bitrateBps: bitrate(0.2) });
    await take(0);
    encoder.setBitrate(bitrate(0.02));
    await take(0.1);
    encoder.close();
    await vi.waitFor(() => expect([opened.length, open.size]).toEqual([2, 0]), { timeout: 20_000 });
  });
});
