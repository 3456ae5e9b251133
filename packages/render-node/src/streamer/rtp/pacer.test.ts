import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rtpLimits } from './limits.js';
import { createPacer, type PacerLane, type PacerSpread } from './pacer.js';
import { createVirtualTime } from './testing/virtual-time.js';

const delta: PacerSpread = { perMs: 1, withinMs: 2, burst: 24 };
const key: PacerSpread = { perMs: 1, withinMs: 10, burst: 24 };

function setUp() {
  const time = createVirtualTime(0);
  const sent: { readonly id: number; readonly atMs: number }[] = [];
  let armed = 0;
  const pacer = createPacer({
    nowUs: () => time.nowUs,
    schedule: (callback, delayMs) => {
      armed++;
      const cancel = time.schedule(() => {
        armed--;
        callback();
      }, delayMs);
      return () => {
        armed--;
        cancel();
      };
    },
  });
  const packets = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => () => void sent.push({ id: first + index, atMs: time.nowUs / 1_000 }));
  const ids = () => sent.map(({ id }) => id);
  return { pacer, sent, ids, packets, advance: (ms: number) => time.runUntil(ms * 1_000), armed: () => armed };
}

describe('createPacer', () => {
  it('sends an ordinary frame at once', () => {
    const { pacer, sent, packets, armed } = setUp();
    pacer.enqueue('video', packets(0, 14), delta);
    expect(sent).toHaveLength(14);
    expect(armed()).toBe(0);
  });

  it('spreads a key frame, but not for longer than asked', () => {
    const { pacer, sent, packets, advance } = setUp();
    pacer.enqueue('video', packets(0, 300), key);
    expect(sent.length).toBeLessThan(50);
    advance(12);
    expect(sent).toHaveLength(300);
    expect(sent.at(-1)?.atMs).toBeGreaterThanOrEqual(8);
  });

  it('sends a large picture faster where the path takes it', () => {
    const { pacer, sent, packets, advance } = setUp();
    pacer.enqueue('video', packets(0, 300), { perMs: 100, withinMs: 30, burst: 24 });
    advance(4);
    expect(sent).toHaveLength(300);
  });

  it('keeps the order of a lane, loses nothing, and is never later than the last spread', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(20)), { maxLength: 20 }), (frames) => {
        const { pacer, ids, packets, advance } = setUp();
        let nowMs = 0;
        let total = 0;
        for (const [count, gapMs] of frames) {
          pacer.enqueue('video', packets(total, count), delta);
          total += count;
          nowMs += gapMs;
          advance(nowMs);
        }
        advance(nowMs + 4);
        expect(ids()).toEqual(Array.from({ length: total }, (_, index) => index));
      }),
    );
  });

  it('sends what was lost before pictures, and padding only when nothing else waits', () => {
    const { pacer, ids, packets, advance } = setUp();
    pacer.enqueue('video', packets(0, 34), key);
    pacer.enqueue('padding', packets(1_000, 5), { perMs: 2, withinMs: 0, burst: 0 });
    pacer.enqueue('retransmission', packets(500, 3), key);
    expect(ids()).toEqual(packets(0, 24).map((_, index) => index));
    advance(30);
    const range = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);
    expect(ids()).toEqual([...range(0, 24), ...range(500, 3), ...range(24, 10), ...range(1_000, 5)]);
  });

  it('sends padding at its own rate', () => {
    const { pacer, sent, packets, advance } = setUp();
    pacer.enqueue('padding', packets(0, 20), { perMs: 0.5, withinMs: 0, burst: 0 });
    expect(sent).toHaveLength(0);
    advance(100);
    expect(sent).toHaveLength(20);
    expect(sent.at(-1)?.atMs).toBe(40);
  });

  it('makes up for a late timer', () => {
    const time = createVirtualTime(0);
    let sent = 0;
    const schedule = (callback: () => void, delayMs: number) => time.schedule(callback, delayMs + 7);
    const pacer = createPacer({ nowUs: () => time.nowUs, schedule });
    pacer.enqueue(
      'video',
      new Array<() => void>(324).fill(() => sent++),
      { perMs: 1, withinMs: 30, burst: 24 },
    );
    time.runUntil(17_000);
    expect(sent).toBeGreaterThanOrEqual(24 + 16 * 10);
  });

  it('is bounded in each lane, and forgets everything when cleared', () => {
    const { pacer, sent, packets, advance, armed } = setUp();
    expect(pacer.accepts(rtpLimits.pacerPackets)).toBe(true);
    pacer.enqueue('video', packets(0, rtpLimits.pacerPackets), key);
    expect(pacer.accepts(rtpLimits.pacerPackets)).toBe(false);
    const before = sent.length;
    for (const lane of ['padding', 'padding'] satisfies PacerLane[]) pacer.enqueue(lane, packets(0, 300), delta);
    pacer.clear();
    advance(100);
    expect(sent).toHaveLength(before);
    expect(pacer.queued).toBe(0);
    expect(armed()).toBe(0);
    pacer.enqueue('padding', packets(0, 3_000), { perMs: 100, withinMs: 0, burst: 0 });
    advance(200);
    expect(sent).toHaveLength(before + rtpLimits.pacerPadding);
  });
});
