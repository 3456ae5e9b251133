import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFrameHead, createFrameReader, type FrameEvent, opcodes } from './frames.js';

const maxBytes = 70_000;

/** A frame as a client sends it. */
function clientFrame(opcode: number, payload: Uint8Array, { fin = true, key = [1, 2, 3, 4] } = {}): Buffer {
  const head = Buffer.from(buildFrameHead(opcode, payload.length));
  if (!fin) head[0] = (head[0] ?? 0) & 0x7f;
  head[1] = (head[1] ?? 0) | 0x80;
  const masked = Buffer.from(payload).map((byte, i) => byte ^ (key[i & 3] ?? 0));
  return Buffer.concat([head, Buffer.from(key), masked]);
}

/** Feeds bytes in pieces of the given lengths. */
function feed(bytes: Buffer, cuts: readonly number[], maxMessageBytes = maxBytes): FrameEvent[] {
  const read = createFrameReader(maxMessageBytes);
  const events: FrameEvent[] = [];
  let at = 0;
  for (const length of [...cuts, bytes.length]) {
    events.push(...read(bytes.subarray(at, at + length)));
    at += length;
  }
  return events;
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.integer({ min: 65_530, max: 65_545 }).map((length) => new Uint8Array(length).fill(length)),
);
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 });

describe('frame reader', () => {
  it('gives messages back as they were sent, however TCP cuts them', () => {
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 4 }), cuts, fc.boolean(), (payloads, lengths, binary) => {
        const opcode = binary ? opcodes.binary : opcodes.text;
        const events = feed(Buffer.concat(payloads.map((data) => clientFrame(opcode, data))), lengths);
        expect(events.map(({ type }) => type)).toEqual(payloads.map(() => 'message'));
        for (const [i, event] of events.entries()) {
          // Buffers of this length are slow to compare by expect.
          const sent = payloads[i] ?? new Uint8Array();
          expect(event.type === 'message' && event.binary === binary && event.data.equals(sent)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('joins fragments, with control frames in between', () => {
    const bytes = Buffer.concat([
      clientFrame(opcodes.binary, Buffer.from('ab'), { fin: false }),
      clientFrame(opcodes.ping, Buffer.from('?')),
      clientFrame(opcodes.continuation, Buffer.from('cd')),
      clientFrame(opcodes.close, Buffer.from([3, 232])),
    ]);
    expect(feed(bytes, [3])).toEqual([
      { type: 'ping', data: Buffer.from('?') },
      { type: 'message', binary: true, data: Buffer.from('abcd') },
      { type: 'close' },
    ]);
  });

  it.each<[string, Buffer, number]>([
    ['an unmasked frame', Buffer.from([0x82, 0x00]), 1002],
    ['a reserved bit', Buffer.from([0xc2, 0x80, 0, 0, 0, 0]), 1002],
    ['an unknown type', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
    ['a control frame in pieces', clientFrame(opcodes.ping, Buffer.alloc(0), { fin: false }), 1002],
    ['a long control frame', clientFrame(opcodes.ping, Buffer.alloc(126)), 1002],
    ['a continuation of nothing', clientFrame(opcodes.continuation, Buffer.alloc(1)), 1002],
    [
      'a message that says it is huge',
      Buffer.from([0x82, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]),
      1009,
    ],
    ['a message that is too long', clientFrame(opcodes.binary, Buffer.alloc(maxBytes + 1)), 1009],
  ])('ends at %s', (_name, bytes, code) => {
    expect(feed(bytes, [])).toMatchObject([{ type: 'violation', code }]);
  });

  it('ends at fragments that are too long together', () => {
    const piece = clientFrame(opcodes.continuation, Buffer.alloc(60), { fin: false });
    const bytes = Buffer.concat([clientFrame(opcodes.binary, Buffer.alloc(60), { fin: false }), piece]);
    expect(feed(bytes, [], 100)).toMatchObject([{ type: 'violation', code: 1009 }]);
  });

  it('never throws, and gives nothing after a violation', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (bytes, lengths) => {
        const events = feed(Buffer.from(bytes), lengths, 100);
        const broken = events.findIndex(({ type }) => type === 'violation');
        if (broken >= 0) expect(broken).toBe(events.length - 1);
      }),
      { numRuns: 20_000 },
    );
  });
});
