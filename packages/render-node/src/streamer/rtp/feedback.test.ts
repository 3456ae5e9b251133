import { describe, expect, it } from 'vitest';
import { createFeedbackReader } from './feedback.js';
import { rtpLimits } from './limits.js';

const pli = Buffer.from('81ce00020000000100000016', 'hex');

describe('createFeedbackReader', () => {
  it('counts a datagram once when the library delivers it to two tracks', () => {
    const reader = createFeedbackReader();
    expect(reader.read(pli, 1_000)).toHaveLength(1);
    expect(reader.read(Buffer.from(pli), 1_100)).toHaveLength(0);
  });

  it("hears the peer's second message with the same bytes", () => {
    const reader = createFeedbackReader();
    expect(reader.read(pli, 0)).toHaveLength(1);
    expect(reader.read(pli, rtpLimits.duplicateWindowUs + 1)).toHaveLength(1);
  });

  it('tells datagrams apart by content', () => {
    const reader = createFeedbackReader();
    const other = Buffer.from(pli);
    other.writeUInt32BE(99, 8);
    expect(reader.read(pli, 0)).toEqual([{ type: 'pli', mediaSsrc: 22 }]);
    expect(reader.read(other, 0)).toEqual([{ type: 'pli', mediaSsrc: 99 }]);
  });

  it('counts malformed datagrams and goes on', () => {
    const reader = createFeedbackReader();
    expect(reader.read(Buffer.from([1, 2, 3]), 0)).toEqual([]);
    expect(reader.malformed).toBe(1);
    expect(reader.read(pli, 0)).toHaveLength(1);
  });
});
