import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDeframer, frameOf } from './rfc4571.js';

/** Cuts `bytes` into pieces of the given sizes, repeated until all is used. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let offset = 0, index = 0; offset < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return pieces;
}

describe('createDeframer', () => {
  it('hands out the same frames whatever the chunks', () => {
    const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 12 });
    const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(frames, sizes, (packets, chunkSizes) => {
        const received: string[] = [];
        const deframer = createDeframer(300, (frame) => received.push(frame.toString('hex')));
        const stream = Buffer.concat(packets.map((packet) => frameOf(Buffer.from(packet))));
        for (const chunk of cut(stream, chunkSizes)) expect(deframer.push(chunk)).toBe(true);
        expect(received).toEqual(packets.map((packet) => Buffer.from(packet).toString('hex')));
      }),
    );
  });

  it('skips empty frames and refuses long ones before their bytes arrive', () => {
    const received: Buffer[] = [];
    const deframer = createDeframer(100, (frame) => received.push(frame));
    expect(deframer.push(Buffer.from([0, 0, 0, 1, 7]))).toBe(true);
    expect(received).toEqual([Buffer.from([7])]);
    expect(deframer.push(Buffer.from([0, 101]))).toBe(false);
    expect(createDeframer(4_096, () => undefined).push(Buffer.from('GET / HTTP/1.1\r\n'))).toBe(false);
  });

  it('hands out nothing after stop, not even from the chunk at hand', () => {
    const received: number[] = [];
    const deframer = createDeframer(100, (frame) => {
      received.push(frame[0] ?? -1);
      deframer.stop();
    });
    expect(deframer.push(Buffer.from([0, 1, 1, 0, 1, 2]))).toBe(true);
    expect(deframer.push(Buffer.from([0, 1, 3]))).toBe(true);
    expect(received).toEqual([1]);
  });
});
