import { describe, expect, it } from 'vitest';
import { rtpLimits } from './limits.js';
import { createRepairs } from './repairs.js';

const packet = (mediaSequenceNumber: number | undefined, retransmission = false) => ({
  packet: Buffer.alloc(1_000),
  stamp: () => undefined,
  retransmission,
  mediaSequenceNumber,
});
const lost = (...numbers: number[]) => numbers.map((sequenceNumber) => ({ sequenceNumber, arrivalUs: null }));

describe('repairs', () => {
  it('names a lost packet once, by the number of its stream', () => {
    const repairs = createRepairs();
    repairs.onSent(packet(500), 65_535, false, 0);
    repairs.onSent(packet(501), 0, false, 0);
    expect(repairs.missingOf([...lost(65_535), { sequenceNumber: 0, arrivalUs: 5 }])).toEqual([500]);
    expect(repairs.missingOf(lost(65_535))).toEqual([]);
    expect(repairs.missingOf(lost(77))).toEqual([]);
  });

  it('does not name what was sent again since, but that again when it was lost, too', () => {
    const repairs = createRepairs();
    repairs.onSent(packet(500), 1, false, 0);
    repairs.onSent(packet(500, true), 2, false, 0);
    expect(repairs.missingOf(lost(1))).toEqual([]);
    expect(repairs.missingOf(lost(2))).toEqual([500]);
  });

  it('has nothing to repair in parity, and leaves an overflowed queue alone', () => {
    const repairs = createRepairs();
    repairs.onSent(packet(undefined), 1, false, 0);
    expect(repairs.missingOf(lost(1))).toEqual([]);
    const many = Array.from({ length: rtpLimits.unaskedRepairs + 1 }, (_, index) => 10 + index);
    for (const number of many) repairs.onSent(packet(number), number, false, 0);
    expect(repairs.missingOf(lost(...many))).toEqual([]);
  });

  it('knows the share of repairs over about a second, probes left out, and never takes more than a third for it', () => {
    const repairs = createRepairs();
    for (let at = 0; at < 3_000_000; at += 10_000) {
      repairs.onSent(packet(at % 0xffff), at % 0xffff, false, at);
      if (at % 100_000 === 0) repairs.onSent(packet(undefined), 0, false, at);
      repairs.onSent(packet(7, true), 7, true, at);
    }
    expect(repairs.share).toBeGreaterThan(0.07);
    expect(repairs.share).toBeLessThan(0.12);
    for (let at = 0; at < 100; at++) repairs.onSent(packet(9, true), 9, false, 3_000_000);
    expect(repairs.share).toBe(0.3);
    expect(createRepairs().share).toBe(0);
  });
});
