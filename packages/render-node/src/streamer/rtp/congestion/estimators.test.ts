import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAckedBitrate } from './acked-bitrate.js';
import { createArrivalGroups, type GroupDelta } from './arrival-groups.js';
import { createDrain } from './drain.js';
import { createLossBound } from './loss-bound.js';
import { createOveruseDetector } from './overuse-detector.js';
import { createProber } from './probe.js';
import { createStandingQueue } from './standing-queue.js';
import { slopeOf } from './trendline.js';
import { createWindowedMin } from './windowed-min.js';

describe('createWindowedMin', () => {
  it('gives the least of the window, exact to a bucket', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.nat(25)), {
      minLength: 1,
      maxLength: 100,
    });
    fc.assert(
      fc.property(steps, (values) => {
        const window = createWindowedMin(10, 5);
        let timeUs = -40;
        const seen: { readonly value: number; readonly timeUs: number }[] = [];
        for (const [value, gapUs] of values) {
          timeUs += gapUs;
          window.add(value, timeUs);
          seen.push({ value, timeUs });
          const firstUs = (Math.floor(timeUs / 10) - 4) * 10;
          const inWindow = seen.filter((entry) => entry.timeUs >= firstUs);
          expect(window.min()).toBe(Math.min(...inWindow.map((entry) => entry.value)));
          expect(window.count()).toBe(inWindow.length);
        }
      }),
    );
  });
});

describe('createArrivalGroups', () => {
  const packet = (sentUs: number, arrivalUs: number) => ({ sentUs, arrivalUs, bytes: 1_250 });

  it('compares bursts, not packets, and tells the rate at which a burst came out', () => {
    const groups = createArrivalGroups();
    const deltas: GroupDelta[] = [];
    // Ten packets at once every 20 ms over 10 Mbit/s: one a millisecond.
    for (let burst = 0; burst < 4; burst++) {
      for (let index = 0; index < 10; index++) {
        const delta = groups.add(packet(burst * 20_000, burst * 20_000 + 30_000 + index * 1_000));
        if (delta) deltas.push(delta);
      }
    }
    expect(deltas).toHaveLength(2);
    for (const delta of deltas)
      expect(delta).toMatchObject({ sendDeltaUs: 20_000, arrivalDeltaUs: 20_000, trainBps: 10e6 });
  });

  it('takes bursts that were held up and came at once for one', () => {
    const groups = createArrivalGroups();
    const sent = [0, 20_000, 40_000, 60_000, 80_000, 100_000];
    const arrived = [10_000, 65_000, 65_100, 70_000, 90_000, 110_000];
    const deltas = sent.flatMap((sentUs, index) => groups.add(packet(sentUs, arrived[index] ?? 0)) ?? []);
    expect(deltas.map(({ sendDeltaUs, arrivalDeltaUs }) => arrivalDeltaUs - sendDeltaUs)).toEqual([0, 0]);
  });

  it('leaves out what was overtaken', () => {
    const groups = createArrivalGroups();
    groups.add(packet(20_000, 30_000));
    expect(groups.add(packet(0, 31_000))).toBeUndefined();
  });
});

describe('slopeOf', () => {
  it('finds the slope of any line', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -1_000, max: 1_000 }), (slope, offset) => {
        const points = Array.from({ length: 20 }, (_, index) => ({
          timeMs: index * 17,
          delayMs: offset + index * 17 * slope,
        }));
        expect(slopeOf(points)).toBeCloseTo(slope, 6);
      }),
    );
  });
});

describe('createOveruseDetector', () => {
  const feed = (slopes: readonly number[]) => {
    const detector = createOveruseDetector();
    return slopes.map((slope, index) => detector.update(slope, 60, index * 20));
  };

  it('calls a delay that keeps growing overuse, one that falls the opposite, and noise neither', () => {
    expect(feed([0, 0.1, 0.1, 0.1]).at(-1)).toBe('over');
    expect(feed([0, -0.1, -0.1]).at(-1)).toBe('under');
    expect(feed([0.02, -0.02, 0.02, -0.02])).not.toContain('over');
  });

  it('gets used to a trend that another flow makes', () => {
    expect(feed([0, 0.055, 0.055]).at(-1)).toBe('over');
    expect(feed([...new Array<number>(400).fill(0.06), 0.055]).at(-1)).toBe('normal');
  });
});

describe('createAckedBitrate', () => {
  it('measures the window, and does not count a pause', () => {
    const acked = createAckedBitrate();
    expect(acked.rateBps(150_000)).toBeUndefined();
    for (let ms = 0; ms < 500; ms++) acked.add(ms * 1_000, 1_250);
    expect(acked.rateBps(150_000)).toBeCloseTo(10e6, -5);
    for (let ms = 5_000; ms < 5_100; ms++) acked.add(ms * 1_000, 2_500);
    expect(acked.rateBps(500_000)).toBeCloseTo(20e6, -6);
  });
});

describe('createLossBound', () => {
  it('lowers the rate for losses, and takes it back when they stay', () => {
    const bound = createLossBound();
    const verdicts = Array.from({ length: 40 }, (_, index) => bound.onFeedback(75, 25, index * 100_000, 50));
    expect(verdicts.filter((verdict) => verdict === 'decrease')).toHaveLength(1);
    expect(verdicts.indexOf('restore')).toBeGreaterThan(verdicts.indexOf('decrease'));
    expect(bound.inherentLoss).toBeCloseTo(0.25, 1);
    expect(bound.mayGrow).toBe(true);
  });

  it('lowers it again while a lower rate lessens the losses', () => {
    const bound = createLossBound();
    let lost = 60;
    let decreases = 0;
    for (let index = 0; index < 60; index++) {
      const verdict = bound.onFeedback(100 - lost, lost, index * 100_000, 50);
      expect(verdict).not.toBe('restore');
      if (verdict === 'decrease') {
        decreases++;
        lost = Math.floor(lost * 0.4);
      }
    }
    expect(decreases).toBeGreaterThan(1);
    expect(bound.inherentLoss).toBe(0);
  });

  it('says nothing to a few losses', () => {
    const bound = createLossBound();
    for (let index = 0; index < 40; index++) expect(bound.onFeedback(97, 3, index * 100_000, 50)).toBe('none');
    expect(bound.mayGrow).toBe(true);
  });
});

describe('createStandingQueue', () => {
  const run = (roundTripMs: (second: number, drained: boolean) => number) => {
    const queue = createStandingQueue();
    const verdicts: string[] = [];
    for (let ms = 0; ms < 60_000; ms += 80) {
      queue.onRoundTrip(roundTripMs(ms / 1_000, verdicts.includes('drain')) * 1_000, ms * 1_000);
      const verdict = queue.check(ms * 1_000);
      if (verdict !== 'none') verdicts.push(verdict);
    }
    return verdicts;
  };

  it('notices delay that creeps up without a trend, and that a lower rate takes it away', () => {
    expect(run((second, drained) => (drained ? 40 : 40 + second * 2))).toEqual(['drain', 'drained']);
  });

  it('takes a longer way for what it is after one trial', () => {
    expect(run((second) => (second < 20 ? 40 : 90))).toEqual(['drain', 'not-ours']);
  });

  it('does not see what is not there', () => {
    expect(run((second) => 40 + (Math.round(second * 12.5) % 4) * 20)).toEqual([]);
  });
});

describe('createDrain', () => {
  it('uses less while there is a queue', () => {
    const drain = createDrain();
    drain.begin(100, 0);
    expect(drain.factor).toBeLessThan(0.8);
    drain.update(5, 100_000, false);
    expect(drain).toMatchObject({ active: false, factor: 1, rivalQueueMs: undefined });
  });

  it('believes in a rival when the queue stays, and not for ever', () => {
    const drain = createDrain();
    drain.begin(100, 0);
    for (let ms = 0; ms <= 2_000; ms += 100) drain.update(100, ms * 1_000, false);
    expect(drain).toMatchObject({ active: false, factor: 1, rivalQueueMs: 100 });
    for (let ms = 2_000; ms <= 4_000; ms += 100) drain.update(1, ms * 1_000, false);
    expect(drain.rivalQueueMs).toBeUndefined();
  });

  it('suspects nobody while the queue is known to be our own', () => {
    const drain = createDrain();
    drain.begin(100, 0);
    for (let ms = 0; ms <= 4_000; ms += 100) drain.update(100, ms * 1_000, true);
    expect(drain).toMatchObject({ active: true, rivalQueueMs: undefined });
  });
});

describe('createProber', () => {
  const conditions = {
    targetBps: 5e6,
    maxBps: 20e6,
    demanding: true,
    quiet: true,
    trainBps: undefined,
    leastTrainBps: undefined,
    pictureBytes: 24_000,
    padding: true,
  };
  /** Sends a probe in 20 packets and lets them come out at a rate. */
  const play = (prober: ReturnType<typeof createProber>, nowUs: number, arriveBps: number, lost = 0) => {
    const plan = prober.take(conditions, nowUs);
    if (!plan) return undefined;
    const bytes = plan.bytes / 20;
    for (let index = 0; index < 20; index++) {
      const sentUs = nowUs + (index * bytes * 8e6) / plan.rateBps;
      const arrivalUs = index < lost ? null : nowUs + 30_000 + (index * bytes * 8e6) / arriveBps;
      prober.onSent(plan.id, bytes, sentUs);
      prober.onArrival(plan.id, bytes, arrivalUs);
    }
    return prober.result(nowUs + 100_000);
  };

  it('believes what arrived, and goes on at once while probes pass', () => {
    const prober = createProber();
    expect(play(prober, 0, 100e6)).toMatchObject({ passed: true, rateBps: expect.closeTo(1.1 * 24e6, -5) });
    expect(play(prober, 210_000, 7e6)).toMatchObject({ passed: false, rateBps: expect.closeTo(0.92 * 7e6, -5) });
    expect(play(prober, 500_000, 100e6)).toBeUndefined();
    expect(play(prober, 2_500_000, 100e6)).toMatchObject({ passed: true });
  });

  it('asks at once for what bursts show when they have become faster', () => {
    const prober = createProber();
    play(prober, 0, 100e6);
    prober.onCongestion(4e6, 1_000_000);
    const slow = { ...conditions, targetBps: 3e6, trainBps: 4e6 };
    expect(prober.take({ ...slow, leastTrainBps: 5e6 }, 1_400_000)).toBeUndefined();
    const plan = prober.take({ ...slow, leastTrainBps: 20e6 }, 1_400_000);
    expect(plan?.rateBps).toBeCloseTo(0.75 * 20e6);
  });

  it('learns nothing from a probe of which too much was lost', () => {
    expect(play(createProber(), 0, 10e6, 8)).toBeUndefined();
  });

  it('asks for nothing while the stream needs nothing, is in trouble, or has no padding and small pictures', () => {
    const prober = createProber();
    play(prober, 0, 100e6);
    const ask = (changes: Partial<typeof conditions>) => prober.take({ ...conditions, ...changes }, 60e6);
    expect(ask({ demanding: false })).toBeUndefined();
    expect(ask({ quiet: false })).toBeUndefined();
    expect(ask({ targetBps: 20e6 })).toBeUndefined();
    expect(ask({ padding: false, pictureBytes: 2_000 })).toBeUndefined();
    expect(ask({ padding: false, pictureBytes: 8_000 })).toMatchObject({ bytes: 8_000 });
  });
});
