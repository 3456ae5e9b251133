import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CongestionController } from '../congestion.js';
import { createCongestionController } from './gcc-controller.js';

const range = { minBitrateBps: 500_000, maxBitrateBps: 10_000_000, startBitrateBps: 4_000_000 };

/** Sends packets at even distances, without any answer. */
function sendAlone(controller: CongestionController, packets: number, startUs: number) {
  let nowUs = startUs;
  for (let sequenceNumber = 0; sequenceNumber < packets; sequenceNumber++) {
    nowUs += 1_000;
    controller.onSent({ sequenceNumber: sequenceNumber & 0xffff, bytes: 1_200, sentUs: nowUs });
    controller.targetBitrateBps(nowUs);
  }
  return nowUs;
}

describe('createCongestionController', () => {
  it('backs off when feedback stops or never comes, and stays within its range', () => {
    for (const heard of [false, true]) {
      const controller = createCongestionController(range);
      if (heard) controller.onFeedback({ type: 'arrivals', arrivals: [] }, 1_000_000);
      const nowUs = sendAlone(controller, 20_000, 1_000_000);
      expect(controller.targetBitrateBps(nowUs)).toBe(range.minBitrateBps);
    }
  });

  it('does not take silence for trouble when it sends nothing', () => {
    const controller = createCongestionController(range);
    controller.onSent({ sequenceNumber: 1, bytes: 1_200, sentUs: 0 });
    controller.onFeedback({ type: 'arrivals', arrivals: [{ sequenceNumber: 1, arrivalUs: 5 }] }, 50_000);
    for (let nowUs = 0; nowUs < 60_000_000; nowUs += 500_000) controller.targetBitrateBps(nowUs);
    expect(controller.targetBitrateBps(60_000_000)).toBe(range.startBitrateBps);
  });

  it("obeys the receiver's own estimate, a new range, and remembers the round trip", () => {
    const controller = createCongestionController(range);
    controller.onFeedback({ type: 'remb', bitrateBps: 1_000_000 }, 0);
    expect(controller.targetBitrateBps(0)).toBe(1_000_000);
    controller.setRange({ minBitrateBps: 100_000, maxBitrateBps: 400_000 });
    expect(controller.targetBitrateBps(0)).toBe(400_000);
    controller.onFeedback({ type: 'report', fractionLost: 0, rttMs: 42 }, 0);
    controller.onFeedback({ type: 'report', fractionLost: 0, rttMs: undefined }, 0);
    expect(controller.rttMs).toBe(42);
  });

  it('goes by receiver reports where there is no other feedback', () => {
    const controller = createCongestionController(range);
    for (let second = 1; second <= 20; second++) {
      controller.onFeedback({ type: 'report', fractionLost: 0, rttMs: 20 }, second * 1e6);
    }
    expect(controller.targetBitrateBps(20e6)).toBe(range.maxBitrateBps);
    controller.onFeedback({ type: 'report', fractionLost: 0.5, rttMs: 20 }, 21e6);
    expect(controller.targetBitrateBps(21e6)).toBeLessThan(0.8 * range.maxBitrateBps);
  });

  it('lets nothing block a path that answers to nothing', () => {
    const controller = createCongestionController(range);
    sendAlone(controller, 2_000, 0);
    expect(controller.isBlocked(2_000_000)).toBe(false);
  });

  it('is blocked while more is under way than the path takes, and free when the answer is lost', () => {
    const controller = createCongestionController(range);
    controller.onSent({ sequenceNumber: 60_000, bytes: 100, sentUs: 0 });
    controller.onFeedback({ type: 'arrivals', arrivals: [{ sequenceNumber: 60_000, arrivalUs: 0 }] }, 20_000);
    for (let sequenceNumber = 0; sequenceNumber < 300; sequenceNumber++) {
      controller.onSent({ sequenceNumber, bytes: 1_200, sentUs: 30_000 });
    }
    expect(controller.isBlocked(31_000)).toBe(true);
    expect(controller.isBlocked(2_000_000)).toBe(false);
    controller.onFeedback({ type: 'arrivals', arrivals: [{ sequenceNumber: 299, arrivalUs: 30_000 }] }, 60_000);
    expect(controller.isBlocked(60_000)).toBe(false);
  });

  it('stays within its range and gives finite numbers, whatever a peer says', () => {
    const arrival = fc.record({
      sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
      arrivalUs: fc.option(fc.integer({ min: -(2 ** 23) * 64_000, max: 2 ** 23 * 64_000 })),
    });
    const feedback = fc.oneof(
      fc.record({ type: fc.constant('arrivals' as const), arrivals: fc.array(arrival, { maxLength: 60 }) }),
      fc.record({
        type: fc.constant('report' as const),
        fractionLost: fc.double({ min: 0, max: 1, noNaN: true }),
        rttMs: fc.option(fc.integer({ min: 0, max: 65_536_000 }), { nil: undefined }),
      }),
      fc.record({ type: fc.constant('remb' as const), bitrateBps: fc.double({ min: 0, max: 2 ** 81, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(feedback, fc.nat(500_000)), { maxLength: 40 }), (messages) => {
        const controller = createCongestionController(range);
        let nowUs = 1_000_000;
        let sequenceNumber = 0;
        for (const [message, gapUs] of messages) {
          for (let packet = 0; packet < 20; packet++) {
            const plan =
              packet === 0 ? controller.takeProbe(nowUs, { pictureBytes: 24_000, padding: true }) : undefined;
            const sent = {
              sequenceNumber: sequenceNumber++ * 3,
              bytes: 1_200,
              sentUs: nowUs + packet,
              probeId: plan?.id,
            };
            controller.onSent(sent);
          }
          nowUs += gapUs;
          controller.onFeedback(message, nowUs);
          const target = controller.targetBitrateBps(nowUs);
          expect(target).toBeGreaterThanOrEqual(range.minBitrateBps);
          expect(target).toBeLessThanOrEqual(range.maxBitrateBps);
          expect(controller.pacingBitrateBps()).toBeGreaterThan(0);
          expect(controller.path().inFlightBytes).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
