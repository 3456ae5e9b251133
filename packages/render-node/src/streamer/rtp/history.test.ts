import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacketHistory } from './history.js';
import { rtpLimits } from './limits.js';

const packet = (size = 100) => Buffer.alloc(size, 1);

describe('createPacketHistory', () => {
  it('resends at most once a round trip and a bounded number of times', () => {
    const history = createPacketHistory();
    history.add(7, packet(), 12, 0);
    let resends = 0;
    for (let nowMs = 10; nowMs < 1_000; nowMs++) if (history.take(7, nowMs, 50)) resends++;
    expect(resends).toBe(rtpLimits.resendsPerPacket);
    expect(history.take(7, 10, 50)).toBeUndefined();

    history.add(8, packet(), 12, 0);
    expect(history.take(8, 10, 50)).toBeDefined();
    expect(history.take(8, 59, 50)).toBeUndefined();
    expect(history.take(8, 60, 50)).toBeDefined();
  });

  it('has a shortest interval when the round trip is unknown', () => {
    const history = createPacketHistory();
    history.add(7, packet(), 12, 0);
    expect(history.take(7, 1, 0)).toBeDefined();
    expect(history.take(7, 2, 0)).toBeUndefined();
    expect(history.take(7, 1 + rtpLimits.resendIntervalMs, 0)).toBeDefined();
  });

  it('forgets packets by age and knows no others', () => {
    const history = createPacketHistory({ packets: 10, bytes: 10_000, ageMs: 100 });
    history.add(1, packet(), 12, 0);
    expect(history.take(1, 101, 0)).toBeUndefined();
    expect(history.take(2, 0, 0)).toBeUndefined();
    history.add(2, packet(), 12, 200);
    expect(history.size).toBe(1);
  });

  it('never exceeds its bounds, keeps the newest, and counts bytes exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 400 })), { maxLength: 200 }), (adds) => {
        const history = createPacketHistory({ packets: 20, bytes: 2_000, ageMs: 1_000 });
        const live = new Map<number, number>();
        adds.forEach(([sequenceNumber, size], index) => {
          history.add(sequenceNumber, packet(size), 12, index);
          live.delete(sequenceNumber);
          live.set(sequenceNumber, size);
          expect(history.size).toBeLessThanOrEqual(20);
          expect(history.bytes).toBeLessThanOrEqual(2_000);
          expect(history.take(sequenceNumber, index, 0)?.packet.length).toBe(size);
        });
        const kept = [...live].slice(live.size - history.size);
        expect(history.bytes).toBe(kept.reduce((sum, [, size]) => sum + size, 0));
      }),
    );
  });
});
