import { createLatencyHistogram, type LatencyCounts, type LatencyLeg } from '@cloudstage/protocol';
import { describe, expect, it } from 'vitest';
import { clientLimits } from '../limits.js';
import { createClientLatency, isPress } from './client-latency.js';

function medians(counts: LatencyCounts): Partial<Record<LatencyLeg, number>> {
  return Object.fromEntries(
    Object.entries(counts).map(([leg, buckets]) => {
      const histogram = createLatencyHistogram();
      histogram.addCounts(buckets);
      return [leg, histogram.percentiles()?.p50];
    }),
  );
}

const near = (ms: number) => expect.toSatisfy((value: number) => Math.abs(value - ms) <= ms * 0.06 + 0.05, `≈ ${ms}`);

describe('client latency', () => {
  it('takes apart what a frame did in a browser that tells all of it', () => {
    const latency = createClientLatency();
    latency.means({ frames: 1, jitterBufferMs: 4, decodeMs: 99 });
    latency.takeCounts();
    latency.frame({ presentedAtMs: 1_020, receivedAtMs: 1_000, decodeMs: 6, captureToPresentMs: 40 });
    // Decoding is known frame by frame, so the mean of the statistics does not count.
    latency.means({ frames: 1, jitterBufferMs: 4, decodeMs: 99 });
    expect(medians(latency.takeCounts())).toEqual({
      jitter_buffer: near(4),
      decode: near(6),
      present: near(10),
      capture_to_present: near(40),
    });
    expect(latency.takeCounts()).toEqual({});
  });

  it('takes the means of the statistics where frames tell nothing', () => {
    const latency = createClientLatency();
    latency.frame({ presentedAtMs: 1_020, captureToPresentMs: null });
    latency.means({ frames: 60, jitterBufferMs: 20, decodeMs: 3 });
    latency.means({ frames: 0, jitterBufferMs: 20, decodeMs: 3 });
    const counts = latency.takeCounts();
    expect(medians(counts)).toEqual({ jitter_buffer: near(20), decode: near(3) });
    expect(counts.decode?.[0]?.[1]).toBe(60);
  });

  it('takes every leg of each frame from a transport that knows them', () => {
    const latency = createClientLatency();
    latency.frame({ presentedAtMs: 120, receivedAtMs: 100, bufferedMs: 2, decodeMs: 8, captureToPresentMs: 30 });
    latency.means({ frames: 1, jitterBufferMs: 50, decodeMs: 50 });
    expect(medians(latency.takeCounts())).toEqual({
      jitter_buffer: near(2),
      decode: near(8),
      present: near(10),
      capture_to_present: near(30),
    });
  });

  it('takes the first frame captured after an input has arrived for its effect', () => {
    const latency = createClientLatency();
    const frame = (capturedAtMs: number, presentedAtMs: number) =>
      latency.frame({ presentedAtMs, captureToPresentMs: presentedAtMs - capturedAtMs });
    latency.input(1_000, 10);
    latency.input(1_005, 10);
    frame(1_009, 1_020);
    expect(latency.takeCounts()).not.toHaveProperty('input_to_photon');
    frame(1_012, 1_024);
    frame(1_028, 1_040);
    expect(latency.takeCounts().input_to_photon).toHaveLength(1);
    latency.input(2_000, 10);
    frame(2_012, 2_030);
    expect(medians(latency.takeCounts()).input_to_photon).toEqual(near(30));
  });

  it('forgets an input that changed nothing, and waits no longer than that for the next', () => {
    const latency = createClientLatency();
    latency.input(1_000, 10);
    const late = 1_000 + clientLimits.reactionMs + 1;
    latency.frame({ presentedAtMs: late, captureToPresentMs: 5 });
    expect(latency.takeCounts()).not.toHaveProperty('input_to_photon');
    latency.input(late, 10);
    latency.frame({ presentedAtMs: late + 25, captureToPresentMs: 5 });
    expect(medians(latency.takeCounts()).input_to_photon).toEqual(near(25));
  });

  it.each([
    [{ type: 'keyboard', key: 65, down: true }, true],
    [{ type: 'keyboard', key: 65, down: false }, false],
    [{ type: 'mouseleft', down: true }, true],
    [{ type: 'mousemove_v2', x: 1, y: 2 }, false],
    [{ type: 'mousescroll', delta: 120 }, false],
    [{ type: 'event_touch', event_type: 0 }, true],
    [{ type: 'event_touch', event_type: 1 }, false],
    [{}, false],
  ])('%j is a press: %s', (message, expected) => {
    expect(isPress(message)).toBe(expected);
  });
});
