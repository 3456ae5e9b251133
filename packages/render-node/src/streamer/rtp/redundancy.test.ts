import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redParts } from './redundancy.js';
import { createSoundPayloads } from './sound-payloads.js';

/** Written from RFC 2198 §3, apart from the code under test. */
function read(parts: readonly Uint8Array[]) {
  const bytes = Buffer.concat(parts);
  const headers: { blockPT: number; ticks: number | undefined; length: number | undefined }[] = [];
  let at = 0;
  for (; ((bytes[at] ?? 0) & 0x80) !== 0; at += 4) {
    const word = bytes.readUInt32BE(at);
    headers.push({ blockPT: (word >>> 24) & 0x7f, ticks: (word >>> 10) & 0x3fff, length: word & 0x3ff });
  }
  headers.push({ blockPT: bytes[at++] ?? 0, ticks: undefined, length: undefined });
  return headers.map(({ blockPT, ticks, length }) => {
    const block = [...bytes.subarray(at, length === undefined ? bytes.length : at + length)];
    at += block.length;
    return { block, blockPT, ticks };
  });
}

const sound = (timestamp: number, ...bytes: number[]) => ({ payload: Uint8Array.from(bytes), timestamp });
const stream = { mid: '1', ssrc: 1, payloadType: 111, clockRate: 48_000, extensions: {}, firstSequenceNumber: 0 };

describe('redundant sound', () => {
  it('carries the packet before, as the format has it', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        fc.nat(0xffff_ffff),
        fc.integer({ min: 1, max: 0x3fff }),
        (older, newer, timestamp, ticks) => {
          const before = { payload: older, timestamp };
          const now = { payload: newer, timestamp: (timestamp + ticks) >>> 0 };
          expect(read(redParts(111, now, before))).toEqual([
            { block: [...older], blockPT: 111, ticks: ticks },
            { block: [...newer], blockPT: 111, ticks: undefined },
          ]);
        },
      ),
    );
  });

  it.each([
    ['nothing came before', undefined],
    ['it is too long ago', sound(0, 1)],
    ['it is too large', { payload: new Uint8Array(1_024), timestamp: 99_520 }],
  ])('carries one block when %s', (_when, before) => {
    expect(read(redParts(111, sound(100_000, 9), before))).toEqual([{ block: [9], blockPT: 111, ticks: undefined }]);
  });

  it('is sent on lossy paths only, never over a pause, and where it was negotiated', () => {
    const next = createSoundPayloads({ ...stream, redPayloadType: 63 });
    expect(next(sound(0, 1), true, 0)).toEqual({ parts: [Uint8Array.of(1)], marker: true });
    const redundant = next(sound(480, 2), false, 0.02);
    expect(redundant.payloadType).toBe(63);
    expect(read(redundant.parts).map(({ block }) => block)).toEqual([[1], [2]]);
    expect(read(next(sound(960, 3), true, 0.02).parts).map(({ block }) => block)).toEqual([[3]]);
    expect(createSoundPayloads(stream)(sound(0, 1), false, 0.02).payloadType).toBeUndefined();
  });
});
