import { describe, expect, it } from 'vitest';
import { createAimdController } from './congestion.js';

const range = { minBitrateBps: 500_000, maxBitrateBps: 10_000_000, startBitrateBps: 4_000_000 };

/** A bottleneck with a queue: what is sent above its rate waits, what does not fit is dropped. */
function simulate(options: {
  readonly seconds: number;
  readonly capacityBps: (second: number) => number;
  readonly queueMs?: number;
  readonly demandBps?: number;
  readonly feedback?: boolean;
}) {
  const controller = createAimdController(range);
  const packetBytes = 1_200;
  const clientOffsetUs = -7_654_321_000;
  let nowUs = 50_000_000;
  let linkFreeUs = nowUs;
  let sequence = 65_000;
  let owedBits = 0;
  let arrivals: { sequenceNumber: number; arrivalUs: number | null }[] = [];
  const targets: number[] = [];
  for (let ms = 0; ms < options.seconds * 1_000; ms++) {
    nowUs += 1_000;
    const capacity = options.capacityBps(ms / 1_000);
    owedBits += Math.min(controller.targetBitrateBps(nowUs), options.demandBps ?? Number.POSITIVE_INFINITY) / 1_000;
    for (; owedBits >= packetBytes * 8; owedBits -= packetBytes * 8) {
      const sequenceNumber = sequence++ & 0xffff;
      controller.onSent({ sequenceNumber, bytes: packetBytes, sentUs: nowUs });
      const waitUs = Math.max(0, linkFreeUs - nowUs);
      if (waitUs > (options.queueMs ?? 300) * 1_000) {
        arrivals.push({ sequenceNumber, arrivalUs: null });
        continue;
      }
      linkFreeUs = Math.max(linkFreeUs, nowUs) + (packetBytes * 8 * 1_000_000) / capacity;
      arrivals.push({ sequenceNumber, arrivalUs: linkFreeUs + 20_000 + clientOffsetUs });
    }
    if (ms % 60 === 0) {
      if (options.feedback !== false) controller.onFeedback({ type: 'arrivals', arrivals }, nowUs);
      arrivals = [];
    }
    if (ms % 1_000 === 999) targets.push(controller.targetBitrateBps(nowUs));
  }
  return targets;
}

describe('createAimdController', () => {
  it('reaches the maximum on a wide path within a few seconds', () => {
    const targets = simulate({ seconds: 6, capacityBps: () => 100_000_000 });
    expect(targets.at(-1)).toBe(range.maxBitrateBps);
  });

  it('yields to a narrow path and does not fall far below it', () => {
    const targets = simulate({ seconds: 30, capacityBps: () => 3_000_000 });
    const settled = targets.slice(10);
    const mean = settled.reduce((sum, value) => sum + value, 0) / settled.length;
    expect(mean).toBeLessThan(3_300_000);
    expect(mean).toBeGreaterThan(1_500_000);
  });

  it('reacts to loss where there is no queue', () => {
    const targets = simulate({ seconds: 20, capacityBps: () => 2_000_000, queueMs: 5 });
    expect(targets.at(-1)).toBeLessThan(2_800_000);
  });

  it('recovers when the path widens again', () => {
    const targets = simulate({ seconds: 60, capacityBps: (second) => (second < 20 ? 2_000_000 : 50_000_000) });
    expect(targets[19]).toBeLessThan(2_800_000);
    expect(targets.at(-1)).toBeGreaterThan(8_000_000);
  });

  it('does not grow on the word of a path that was hardly used', () => {
    const targets = simulate({ seconds: 10, capacityBps: () => 100_000_000, demandBps: 300_000 });
    expect(targets.at(-1)).toBe(range.startBitrateBps);
  });

  it('backs off when feedback stops, and stays within its range', () => {
    const controller = createAimdController(range);
    let nowUs = 1_000_000;
    controller.onFeedback({ type: 'arrivals', arrivals: [] }, nowUs);
    for (let sequenceNumber = 0; sequenceNumber < 20_000; sequenceNumber++) {
      nowUs += 1_000;
      controller.onSent({ sequenceNumber, bytes: 1_200, sentUs: nowUs });
      controller.targetBitrateBps(nowUs);
    }
    expect(controller.targetBitrateBps(nowUs)).toBe(range.minBitrateBps);
  });

  it("obeys the receiver's own estimate, a new range, and remembers the round trip", () => {
    const controller = createAimdController(range);
    controller.onFeedback({ type: 'remb', bitrateBps: 1_000_000 }, 0);
    expect(controller.targetBitrateBps(0)).toBe(1_000_000);
    controller.setRange({ minBitrateBps: 100_000, maxBitrateBps: 400_000 });
    expect(controller.targetBitrateBps(0)).toBe(400_000);
    controller.onFeedback({ type: 'report', fractionLost: 0, rttMs: 42 }, 0);
    controller.onFeedback({ type: 'report', fractionLost: 0, rttMs: undefined }, 0);
    expect(controller.rttMs).toBe(42);
  });
});
