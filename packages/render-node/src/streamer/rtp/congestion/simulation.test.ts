import { describe, expect, it } from 'vitest';
import { burstLossOf, type LinkOptions } from '../testing/link-model.js';
import { createSimulation, type Flow, type FlowOptions } from '../testing/simulation.js';

/** The whole sending side in virtual time: encoder sizes, sender, pacer, controller, path, receiver. */

const range = { minBitrateBps: 500_000, maxBitrateBps: 30_000_000, startBitrateBps: 5_000_000 };
const seeds = [1, 2];
const wide: Partial<LinkOptions> = { bandwidthBps: 20e6, queueUs: 200_000, delayUs: 15_000 };
const narrow: Partial<LinkOptions> = { ...wide, bandwidthBps: 4e6 };

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const percentile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

/** Runs one flow. @returns it, with what it did between two times, in seconds */
function runFlow(link: Partial<LinkOptions>, seconds: number, seed: number, options: Partial<FlowOptions> = {}) {
  const simulation = createSimulation(link, seed);
  const flow = simulation.addFlow({ range, seed, ...options });
  simulation.run(seconds);
  return { ...measure(flow), simulation, flow };
}

function measure(flow: Flow) {
  return {
    targets: (from: number, to: number) => flow.targets.slice(from * 10, to * 10),
    goodputBps: (from: number, to: number) => mean(flow.goodputBits.slice(from * 10, to * 10)) * 10,
    latencyMs: (from: number, to: number) =>
      flow.pictures
        .map(({ captureUs, doneUs }) => ({
          atSeconds: captureUs / 1e6 - 1_000,
          latencyMs: (doneUs - captureUs) / 1_000,
        }))
        .filter(({ atSeconds }) => atSeconds >= from && atSeconds < to)
        .map(({ latencyMs }) => latencyMs),
  };
}

/** A picture is shown when it and all before it are there. Latency is from capture on. */
function shownIn(flow: Flow, fromSeconds: number) {
  let shownUs = 0;
  const pictures = flow.pictures
    .toSorted((a, b) => a.captureUs - b.captureUs)
    .map(({ captureUs, doneUs }) => {
      shownUs = Math.max(shownUs, doneUs);
      return { captureUs, shownUs };
    });
  const seen = pictures.filter(({ captureUs }) => captureUs >= (1_000 + fromSeconds) * 1_000_000);
  return {
    latencyMs: seen.map((picture) => (picture.shownUs - picture.captureUs) / 1_000),
    gapsMs: seen.slice(1).map((picture, index) => (picture.shownUs - (seen[index]?.shownUs ?? 0)) / 1_000),
  };
}

describe.each(seeds)('one flow alone, seed %i', (seed) => {
  it('uses a 20 Mbit/s path within a second, keeps it, and keeps its queue short', () => {
    const { targets, goodputBps, simulation } = runFlow(wide, 20, seed);
    expect(Math.max(...targets(0, 1))).toBeGreaterThan(16e6);
    expect(goodputBps(1, 3)).toBeGreaterThan(15e6);
    expect(goodputBps(5, 20)).toBeGreaterThan(16e6);
    const steady = targets(5, 20);
    expect(deviation(steady)).toBeLessThan(0.12 * mean(steady));
    expect(percentile(simulation.queueMs.slice(1_000), 0.95)).toBeLessThan(55);
  });

  it('follows a path from 20 to 4 and back to 20 Mbit/s', () => {
    const { goodputBps, targets, latencyMs, simulation, flow } = runFlow({ ...wide, queueUs: 300_000 }, 0, seed);
    simulation.at(8, () => simulation.link.update({ bandwidthBps: 4e6 }));
    simulation.at(16, () => simulation.link.update({ bandwidthBps: 20e6 }));
    simulation.run(24);
    // The queue that the old rate has left is gone within two seconds, and nobody waits for it afterwards.
    expect(percentile(latencyMs(10, 16), 0.95)).toBeLessThan(110);
    expect(goodputBps(10, 16)).toBeGreaterThan(2.5e6);
    expect(mean(targets(10, 16))).toBeLessThan(4.2e6);
    // Within a second; the rest is the room in front of the bottleneck.
    expect(goodputBps(17, 24)).toBeGreaterThan(14e6);
    // At most one for what the full queue has dropped: less than sending all of it again.
    expect(flow.counters.keyFrames).toBeLessThanOrEqual(2);
  });

  it('answers a fall with the first picture that shows it, and a rise with one probe', () => {
    const fps = 30;
    const demandBps = () => 14e6;
    const path = { ...wide, queueUs: 250_000 };
    for (const shiftSeconds of [0, 0.013, 0.027]) {
      const { goodputBps, targets, simulation, flow } = runFlow(path, 0, seed, { fps, demandBps });
      simulation.at(8 + shiftSeconds, () => simulation.link.update({ bandwidthBps: 4e6 }));
      simulation.at(16 + shiftSeconds, () => simulation.link.update({ bandwidthBps: 20e6 }));
      simulation.run(20);
      expect(Math.max(...targets(8.3, 16))).toBeLessThan(4.2e6);
      expect(Math.max(...shownIn(flow, 8).gapsMs)).toBeLessThan(350);
      expect(Math.min(...targets(16.5, 20))).toBeGreaterThan(12e6);
      expect(goodputBps(16.6, 20)).toBeGreaterThan(11e6);
      expect(flow.counters.keyFrames).toBe(1);
    }
  });

  it('waits seldom for a round trip where losses come in rows, and little where the path jitters', () => {
    const ways = { fps: 30, reverse: { delayUs: 20_000 } };
    const rows = { bandwidthBps: 10e6, queueUs: 200_000, delayUs: 20_000, burstLoss: burstLossOf(0.02, 5) };
    const inRows = shownIn(runFlow(rows, 40, seed, ways).flow, 5).latencyMs;
    expect(percentile(inRows, 0.93)).toBeLessThan(20 + 48);
    const jitter = { bandwidthBps: 15e6, queueUs: 200_000, delayUs: 10_000, jitterUs: 15_000, loss: 0.005 };
    const { latencyMs } = shownIn(runFlow(jitter, 40, seed, { ...ways, reverse: { delayUs: 10_000 } }).flow, 5);
    expect(percentile(latencyMs, 0.95)).toBeLessThan(10 + 7.5 + 43);
  });

  it('bears 2 % of random losses, and 10 % in bursts', () => {
    const random = runFlow({ ...narrow, loss: 0.02 }, 20, seed);
    // Retransmissions, parity and the room that keeps the queue empty take a third.
    expect(random.goodputBps(5, 20)).toBeGreaterThan(2.4e6);
    expect(percentile(random.latencyMs(5, 20), 0.95)).toBeLessThan(80);
    const bursts = runFlow({ ...narrow, bandwidthBps: 10e6, burstLoss: burstLossOf(0.1, 5) }, 20, seed);
    expect(bursts.goodputBps(5, 20)).toBeGreaterThan(4e6);
    expect(bursts.flow.counters.keyFrames).toBe(1);
  });

  it('shows pictures in their order without a stop and with little delay where 2 % are lost both ways', () => {
    const link = { ...narrow, queueUs: 150_000, loss: 0.02 };
    const shown = (withFec: boolean) => {
      const run = runFlow(link, 30, seed, { fps: 30, reverse: { loss: 0.02 }, withFec });
      return { ...shownIn(run.flow, 5), corrected: run.flow.receiver.counters.corrected };
    };
    const [plain, withParity] = [shown(false), shown(true)];
    expect(withParity.corrected).toBeGreaterThan(50);
    // Half a round trip and 40 ms, the goal, of which 37 are used.
    expect(percentile(withParity.latencyMs, 0.95)).toBeLessThan(15 + 40);
    // A retransmission that is lost, too, is noticed by feedback, not by the receiver's next wish.
    expect(Math.max(...plain.gapsMs)).toBeLessThan(260);
    expect(Math.max(...withParity.gapsMs)).toBeLessThan(200);
    expect(percentile(withParity.latencyMs, 0.95)).toBeLessThan(0.8 * percentile(plain.latencyMs, 0.95));
  });

  it('lives with feedback that is lost, late or bunched', () => {
    const link = { ...wide, bandwidthBps: 10e6 };
    expect(runFlow(link, 12, seed, { reverse: { loss: 0.3 } }).goodputBps(4, 12)).toBeGreaterThan(5e6);
    expect(runFlow(link, 12, seed, { reverse: { delayUs: 300_000 } }).goodputBps(4, 12)).toBeGreaterThan(7e6);
    expect(runFlow(link, 12, seed, { reverse: { jitterUs: 100_000 } }).goodputBps(4, 12)).toBeGreaterThan(6e6);
  });

  it('neither forgets the path over a still picture nor needs a while to use it again', () => {
    const demandBps = (second: number) => (second < 10 ? 150_000 : 1e9);
    const { goodputBps, simulation } = runFlow(wide, 14, seed, { demandBps });
    expect(goodputBps(10, 11)).toBeGreaterThan(13e6);
    expect(percentile(simulation.queueMs.slice(2_000), 0.95)).toBeLessThan(70);
  });

  it('takes a busy receiver, which holds packets up for tens of milliseconds, for no queue', () => {
    const { targets } = runFlow({ delayUs: 100, jitterUs: 40_000 }, 20, seed, {
      range: { ...range, maxBitrateBps: 10e6 },
    });
    expect(mean(targets(3, 20))).toBeGreaterThan(9.5e6);
  });

  it('is not led astray by a receiver whose clock runs wrong', () => {
    for (const clockSkewPpm of [-200, 200]) {
      const { goodputBps } = runFlow({ ...wide, bandwidthBps: 4e6 }, 60, seed, { clockSkewPpm });
      expect(goodputBps(30, 60)).toBeGreaterThan(3.2e6);
    }
  });

  it('gives a viewer what its path takes of the stream of others, with few key frames', () => {
    const enough = runFlow(wide, 10, seed, { viewerOfBps: 12e6 });
    expect(enough.goodputBps(1, 10)).toBeGreaterThan(11e6);
    expect(enough.flow.counters.keyFrames).toBe(1);
    const tight = runFlow({ ...narrow, queueUs: 1_000_000 }, 20, seed, { viewerOfBps: 12e6 });
    // A third of the rate shows as a slide show: key frames and the few pictures that fit behind them.
    expect(tight.flow.pictures.length).toBeGreaterThan(20);
    expect(tight.flow.counters.keyFrames).toBeLessThanOrEqual(1 + 2 + 20 / 2);
    expect(percentile(tight.simulation.queueMs, 0.95)).toBeLessThan(500);
  });

  it('bounds the queue of a path that carries less than the least rate, and of one whose queue is short', () => {
    const narrowest = runFlow({ bandwidthBps: 400_000, queueUs: 2_000_000, delayUs: 30_000 }, 20, seed, { fps: 30 });
    expect(percentile(narrowest.simulation.queueMs.slice(1_000), 0.95)).toBeLessThan(500);
    expect(narrowest.goodputBps(5, 20)).toBeGreaterThan(300_000);
    const short = runFlow({ bandwidthBps: 5e6, queueUs: 12_000, delayUs: 15_000 }, 20, seed);
    expect(short.goodputBps(5, 20)).toBeGreaterThan(2.5e6);
    expect(short.flow.controller.path().loss).toBeLessThan(0.2);
  });

  it('works without a retransmission stream: probes are made of pictures', () => {
    const { goodputBps } = runFlow(wide, 10, seed, { withRtx: false });
    expect(goodputBps(1, 3)).toBeGreaterThan(13e6);
  });
});

describe.each(seeds)('a shared path, seed %i', (seed) => {
  it('is shared between two flows, and not full of queue', () => {
    const simulation = createSimulation({ ...wide, bandwidthBps: 10e6 }, seed);
    const first = measure(simulation.addFlow({ range, seed }));
    const second = measure(simulation.addFlow({ range, seed: seed + 9, startSeconds: 5 }));
    simulation.run(45);
    const share = first.goodputBps(15, 45) / (first.goodputBps(15, 45) + second.goodputBps(15, 45));
    expect(share).toBeGreaterThan(0.28);
    expect(share).toBeLessThan(0.72);
    expect(first.goodputBps(15, 45) + second.goodputBps(15, 45)).toBeGreaterThan(8e6);
    expect(percentile(simulation.queueMs.slice(3_000), 0.95)).toBeLessThan(60);
  });

  it.each([60_000, 100_000, 200_000])('is shared with a TCP-like flow that fills a queue of %i µs', (queueUs) => {
    const simulation = createSimulation({ bandwidthBps: 10e6, queueUs, delayUs: 20_000 }, seed);
    const flow = measure(simulation.addFlow({ range, seed }));
    const reno = simulation.addReno(5);
    simulation.run(50);
    const renoBps = mean(reno.slice(150)) * 10;
    const share = flow.goodputBps(15, 50) / (flow.goodputBps(15, 50) + renoBps);
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.75);
  });
});
