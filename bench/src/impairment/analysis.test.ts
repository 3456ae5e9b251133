import { describe, expect, it } from 'vitest';
import type { ReceiverSample, SeenFrame, Watched } from '../page/impairment-contract.js';
import { analyse, gapsOf, rateBetween } from './analysis.js';

const empty = {
  ...{ packetsLost: 0, nacks: 0, plis: 0, retransmitted: 0, jitterBufferDelayMs: 0, jitterBufferFrames: 0 },
  ...{ framesDecoded: 0, keyFramesDecoded: 0 },
};

/** 30 s at 20 pictures a second; the path is slower from 10 s to 20 s: delay rises for 1.5 s, the rate comes back 3 s after. */
function watchedRun(): Watched {
  const frames: SeenFrame[] = [];
  for (let index = 0; index < 600; index += 1) {
    const atMs = index * 50;
    const delayMs = atMs >= 10_000 && atMs < 11_500 ? 400 : 40;
    frames.push({ presentedAtMs: atMs, presentedFrames: index, delayMs, captureDelayMs: delayMs - 5, decodeMs: 3 });
  }
  const samples: ReceiverSample[] = [];
  for (let [atMs, bytes] = [0, 0]; atMs <= 30_000; atMs += 100) {
    samples.push({ ...empty, atMs, bytes });
    const mbps = atMs < 10_000 || atMs >= 23_000 ? 16 : 4;
    bytes += (mbps * 1_000_000) / 8 / 10;
  }
  const quality = [
    { atMs: 100, ssim: 0.9, psnrDb: 30 },
    { atMs: 200, ssim: 0.8, psnrDb: 20 },
  ];
  return {
    startedAtMs: 0,
    frames,
    samples,
    quality,
    codec: 'video/H264',
    remotePort: 1,
    presentedWidth: 1_280,
    presentedHeight: 720,
  };
}
const facts = {
  warmUpSeconds: 0,
  seconds: 30,
  baseDelayMs: 15,
  encodedAfterMs: 4,
  slowerAtSeconds: 10,
  fasterAtSeconds: 20,
};

describe('analyse', () => {
  it('tells delay, rate, likeness, and the times to settle and to recover', () => {
    const result = analyse(watchedRun(), facts);
    expect(result.delayOverBaseMs).toMatchObject({ count: 600, p50: 25, p99: 385 });
    // 40 ms less 5 of drawing, 3 of decoding, 4 until encoded and 15 of the path.
    expect(result.networkAndBufferMs).toMatchObject({ count: 600, p50: 13, p99: 373 });
    expect(analyse(watchedRun(), { ...facts, encodedAfterMs: null }).networkAndBufferMs.count).toBe(0);
    expect(result.rampMs).toBe(500);
    expect(result.settledMs).toBe(1_450);
    expect(result.recoveredMs).toBeGreaterThanOrEqual(3_300);
    expect(result.recoveredMs).toBeLessThanOrEqual(3_600);
    expect(result).toMatchObject({ freezes: 0, longestGapMs: 50, ssim: expect.closeTo(0.85, 9), psnrDb: 25 });
    expect(result.fps).toBeCloseTo(20, 6);
    expect(result.goodputMbps).toBeCloseTo((16 * 17 + 4 * 13) / 30, 1);
  });

  it('leaves the warm-up out, and says nothing of changes where there are none', () => {
    const result = analyse(watchedRun(), { ...facts, warmUpSeconds: 12, seconds: 8, slowerAtSeconds: null });
    expect(result).toMatchObject({ settledMs: null, recoveredMs: null, ssim: null });
    expect(result.delayOverBaseMs.p99).toBe(25);
    expect(result.goodputMbps).toBeCloseTo(4, 6);
  });

  it('counts a picture that stands still until the end, and one that never came', () => {
    const run = watchedRun();
    expect(analyse({ ...run, frames: run.frames.slice(0, 200) }, facts)).toMatchObject({ freezes: 1, settledMs: null });
    const frozen = { ...run, frames: run.frames.filter(({ presentedAtMs: at }) => at < 12_000 || at > 12_500) };
    expect(
      analyse(
        { ...frozen, frames: frozen.frames.map((frame, index) => ({ ...frame, presentedFrames: index })) },
        facts,
      ),
    ).toMatchObject({ freezes: 1 });
    expect(analyse({ ...run, frames: [], samples: [] }, facts)).toMatchObject({ freezes: 1, fps: 0, goodputMbps: 0 });
  });
});

it('shares a gap among the pictures that lie in it', () => {
  const frame = (presentedAtMs: number, presentedFrames: number) => ({
    presentedAtMs,
    presentedFrames,
    delayMs: null,
    captureDelayMs: null,
    decodeMs: null,
  });
  expect(gapsOf([frame(0, 0), frame(300, 3), frame(600, 4)])).toEqual([100, 300]);
  expect(gapsOf([])).toEqual([]);
});

it('has no rate without two samples', () => {
  const sample = (atMs: number, bytes: number) => ({ ...empty, atMs, bytes });
  expect(rateBetween([sample(0, 0)], 0, 10)).toBeNull();
  expect(rateBetween([sample(0, 0), sample(1_000, 1_000)], 0, 1_000)).toBe(8_000);
});
