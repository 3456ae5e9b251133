import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rtpLimits } from './limits.js';
import { createPacer } from './pacer.js';

function setUp() {
  const sent: { readonly id: number; readonly atMs: number }[] = [];
  let nowMs = 0;
  let armed: { callback: () => void; atMs: number } | undefined;
  const pacer = createPacer({
    schedule: (callback, delayMs) => {
      armed = { callback, atMs: nowMs + delayMs };
      return () => {
        armed = undefined;
      };
    },
  });
  const packets = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => () => void sent.push({ id: first + index, atMs: nowMs }));
  const advance = (untilMs: number) => {
    while (armed && armed.atMs <= untilMs) {
      const { callback, atMs } = armed;
      nowMs = atMs;
      armed = undefined;
      callback();
    }
    nowMs = untilMs;
  };
  return { pacer, sent, packets, advance, isArmed: () => armed !== undefined };
}

describe('createPacer', () => {
  it('sends an ordinary frame at once', () => {
    const { pacer, sent, packets, isArmed } = setUp();
    pacer.enqueue(packets(0, 14), 2);
    expect(sent).toHaveLength(14);
    expect(isArmed()).toBe(false);
  });

  it('spreads a key frame, but not for longer than asked', () => {
    const { pacer, sent, packets, advance } = setUp();
    pacer.enqueue(packets(0, 300), 10);
    expect(sent.length).toBeLessThan(50);
    advance(12);
    expect(sent).toHaveLength(300);
    expect(sent.at(-1)?.atMs).toBeGreaterThanOrEqual(8);
  });

  it('keeps the order, loses nothing, and is never later than the spread', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(20)), { maxLength: 20 }), (frames) => {
        const { pacer, sent, packets, advance } = setUp();
        let nowMs = 0;
        let total = 0;
        for (const [count, gapMs] of frames) {
          pacer.enqueue(packets(total, count), 2);
          total += count;
          nowMs += gapMs;
          advance(nowMs);
        }
        advance(nowMs + 3);
        expect(sent.map(({ id }) => id)).toEqual(Array.from({ length: total }, (_, index) => index));
      }),
    );
  });

  it('is bounded, and forgets everything when cleared', () => {
    const { pacer, sent, packets, advance, isArmed } = setUp();
    expect(pacer.accepts(rtpLimits.pacerPackets)).toBe(true);
    pacer.enqueue(packets(0, rtpLimits.pacerPackets), 10);
    expect(pacer.accepts(rtpLimits.pacerPackets)).toBe(false);
    const before = sent.length;
    pacer.clear();
    advance(100);
    expect(sent).toHaveLength(before);
    expect(pacer.queued).toBe(0);
    expect(isArmed()).toBe(false);
  });
});
