import { AppError } from '@cloudstage/protocol';
import { Frame } from 'node-av/lib';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { VideoCodec } from '../video-codec.js';
import { fullSize } from './picture-size.js';
import type { VideoSettings } from './video-contract.js';
import type { EncodedPicture, VideoEncoder, VideoEncoderOptions } from './video-encoder.js';
import { VideoPipeline } from './video-pipeline.js';

/** Of waits for what a loaded machine takes its time for. */
const soon = { timeout: 20_000 };

/** A pipeline over a screen and an encoder that only count, with what came out. */
function createPipeline() {
  const size = { width: 640, height: 480 };
  const opened: VideoEncoderOptions[] = [];
  const encoded: boolean[] = [];
  const sent: EncodedPicture[] = [];
  const path = { full: false, asked: 0 };
  const screen = { changes: true };
  const inUse: VideoCodec[] = [];
  /** Codecs whose encoders cannot be opened. */
  const broken = new Set<VideoCodec>();
  const createEncoder = async (codec: VideoCodec, options: VideoEncoderOptions): Promise<VideoEncoder> => {
    opened.push(options);
    if (broken.has(codec)) throw new AppError('encoder-failed', 'no');
    inUse.push(codec);
    let fresh = true;
    return {
      frame: new Frame(),
      options,
      encode: async (captureTimeUs, keyFrame) => {
        encoded.push(keyFrame);
        const { width, height } = options;
        const picture = { codec, data: Buffer.alloc(4), keyFrame: keyFrame || fresh, captureTimeUs, width, height };
        fresh = false;
        return picture;
      },
      setBitrate: () => undefined,
      close: () => void inUse.splice(inUse.indexOf(codec), 1),
    };
  };
  const pipeline = new VideoPipeline(
    {
      createSource: () => ({
        size: () => size,
        start: () => undefined,
        stop: () => undefined,
        invalidate: () => undefined,
        invalidateAll: () => undefined,
        awaitMore: () => undefined,
        grab: async () => (screen.changes ? { captureMs: 1, convertMs: 1 } : null),
        close: () => undefined,
      }),
      createEncoder,
      clock: () => 1_000,
      logger: pino({ level: 'silent' }),
      shouldHold: () => {
        path.asked++;
        return path.full;
      },
      onPicture: (pictures) => sent.push(...pictures),
    },
    { ...fullSize, fps: 30, bitrateBps: 1_000_000 },
  );
  return { pipeline, opened, encoded, sent, path, screen, inUse, broken, size };
}

it('warms its encoder up with one picture that nobody gets; the first one that is sent is a key frame of the same encoder', async () => {
  const { pipeline, opened, encoded, sent } = createPipeline();
  await pipeline.prepare();
  await pipeline.prepare();
  expect({ encoders: opened.length, encoded, sent }).toEqual({ encoders: 1, encoded: [true], sent: [] });
  pipeline.start();
  await vi.waitFor(() => expect(sent.length).toBeGreaterThan(0), soon);
  expect(sent[0]?.keyFrame).toBe(true);
  expect(opened).toHaveLength(1);
  await pipeline.close();
});

it('warms up again for another frame rate, and never while it runs', async () => {
  const { pipeline, opened, encoded, sent } = createPipeline();
  await pipeline.prepare();
  pipeline.configure({ ...fullSize, fps: 60, bitrateBps: 1_000_000 });
  await pipeline.prepare();
  expect(opened.map(({ fps }) => fps)).toEqual([30, 60]);
  expect(encoded).toEqual([true, true]);
  pipeline.start();
  await pipeline.prepare();
  await vi.waitFor(() => expect(sent.length).toBeGreaterThan(0), soon);
  await pipeline.close();
  expect(encoded.length - sent.length).toBe(2);
});

it('makes no picture while the path is full, and the newest one when it is free again', async () => {
  const { pipeline, sent, path } = createPipeline();
  path.full = true;
  pipeline.start();
  pipeline.requestKeyFrame(true);
  await vi.waitFor(() => expect(path.asked).toBeGreaterThan(5), soon);
  expect(sent).toHaveLength(0);
  path.full = false;
  await vi.waitFor(() => expect(sent.length).toBeGreaterThan(0), soon);
  expect(sent[0]?.keyFrame).toBe(true);
  await pipeline.close();
});

it('refines a picture after the last change, and then repeats it just before receivers would ask for a key frame', async () => {
  vi.useFakeTimers();
  try {
    const { pipeline, encoded, sent, screen } = createPipeline();
    pipeline.start();
    await vi.advanceTimersByTimeAsync(50);
    screen.changes = false;
    await vi.advanceTimersByTimeAsync(1_000);
    const refined = sent.length;
    expect(refined).toBeGreaterThan(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(sent.length - refined).toBeGreaterThanOrEqual(10);
    expect(sent.length - refined).toBeLessThanOrEqual(13);
    expect(encoded.filter(Boolean)).toHaveLength(1);
    await pipeline.close();
  } finally {
    vi.useRealTimers();
  }
});

it('encodes each codec that somebody receives, from one capture, and no other', async () => {
  const { pipeline, sent, inUse } = createPipeline();
  pipeline.start();
  await vi.waitFor(() => expect(sent.length).toBeGreaterThan(0), soon);
  expect(inUse).toEqual(['H264']);
  pipeline.setCodecs(['VP8', 'H264']);
  await vi.waitFor(() => expect(sent.at(-1)?.codec).toBe('VP8'), soon);
  expect(inUse).toEqual(['H264', 'VP8']);
  expect(pipeline.stats().framesEncoded).toBeLessThan(sent.length);
  pipeline.setCodecs(['VP8']);
  await vi.waitFor(() => expect(inUse).toEqual(['VP8']), soon);
  // Nobody is there at the moment: what is open stays open for the next one.
  pipeline.setCodecs([]);
  pipeline.refresh();
  await pipeline.close();
  expect(sent.at(-1)?.codec).toBe('VP8');
  expect(inUse).toEqual([]);
});

it('goes on with VP8 while H.264 fails, which is tried again once a second at last, and comes back with a key frame on a still screen', async () => {
  vi.useFakeTimers();
  try {
    const { pipeline, opened, sent, screen, inUse, broken } = createPipeline();
    broken.add('H264');
    pipeline.setCodecs(['H264', 'VP8']);
    pipeline.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(inUse).toEqual(['VP8']);
    expect(new Set(sent.map(({ codec }) => codec))).toEqual(new Set(['VP8']));
    // 0, 40, 120, 280, 600, 1240 ms, and then every second: one VP8, and fifteen times H.264.
    expect(opened.length).toBeGreaterThan(10);
    expect(opened.length).toBeLessThan(18);
    expect(pipeline.codecFailures.offer(['H264', 'VP8']).failing).toEqual(['H264']);
    screen.changes = false;
    broken.clear();
    await vi.advanceTimersByTimeAsync(1_100);
    expect(sent.find(({ codec }) => codec === 'H264')).toMatchObject({ keyFrame: true });
    expect(inUse).toEqual(['VP8', 'H264']);
    await pipeline.close();
    expect(inUse).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

it('retries H.264 alone at growing pauses, whatever the screen does', async () => {
  vi.useFakeTimers();
  try {
    const { pipeline, opened, sent, broken } = createPipeline();
    broken.add('H264');
    pipeline.start();
    for (let at = 0; at < 1_000; at++) {
      pipeline.requestKeyFrame(true);
      pipeline.refresh();
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(opened.length).toBeGreaterThan(6);
    expect(opened.length).toBeLessThan(12);
    broken.clear();
    await vi.advanceTimersByTimeAsync(1_100);
    expect(sent[0]).toMatchObject({ codec: 'H264', keyFrame: true });
    await pipeline.close();
  } finally {
    vi.useRealTimers();
  }
});

it('rests when the only codec is withdrawn, until somebody receives another', async () => {
  const { pipeline, opened, sent, broken } = createPipeline();
  broken.add('AV1');
  pipeline.setCodecs(['AV1']);
  pipeline.start();
  await vi.waitFor(() => expect(pipeline.codecFailures.isWithdrawn('AV1')).toBe(true), soon);
  for (let at = 0; at < 10; at++) {
    pipeline.requestKeyFrame(true);
    pipeline.refresh();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect({ opened: opened.length, sent }).toEqual({ opened: 1, sent: [] });
  pipeline.setCodecs(['AV1', 'H264']);
  await vi.waitFor(() => expect(sent[0]).toMatchObject({ codec: 'H264', keyFrame: true }), soon);
  expect(opened).toHaveLength(2);
  await pipeline.close();
});

it('encodes pictures of a share of the screen, within a bound, in a new encoder that begins with a key frame', async () => {
  const { pipeline, opened, sent, size } = createPipeline();
  pipeline.start();
  await vi.waitFor(() => expect(sent.length).toBeGreaterThan(0), soon);
  const next = async (settings: Partial<VideoSettings>) => {
    const from = sent.length;
    pipeline.configure({ ...fullSize, fps: 30, bitrateBps: 1_000_000, ...settings });
    pipeline.refresh();
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(from), soon);
    const { width, height, keyFrame } = sent[from] ?? {};
    return { width, height, keyFrame };
  };
  expect(await next({ share: 1 / 2 })).toEqual({ width: 320, height: 240, keyFrame: true });
  expect(await next({ share: 1 / 2, bitrateBps: 500_000 })).toEqual({ width: 320, height: 240, keyFrame: false });
  expect(await next({ bound: { width: 320, height: 400 }, share: 3 / 4 })).toEqual({
    ...{ width: 240, height: 180, keyFrame: true },
  });
  size.width = 320;
  expect(await next({ bound: { width: 320, height: 400 } })).toEqual({ width: 266, height: 400, keyFrame: true });
  expect(opened).toHaveLength(4);
  await pipeline.close();
});
