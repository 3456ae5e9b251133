import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Vp8RtpPayload } from 'werift-rtp';
import { packetizeVp8 } from './vp8-packetizer.js';

const bytesOf = (payload: { parts: readonly Uint8Array[] }) => Buffer.concat(payload.parts);

it('cuts any picture into payloads from which an independent reader puts it together again', () => {
  const picture = fc.uint8Array({ minLength: 1, maxLength: 20_000 });
  fc.assert(
    fc.property(picture, fc.integer({ min: 64, max: 1_400 }), (bytes, maxBytes) => {
      const payloads = packetizeVp8(Buffer.from(bytes), maxBytes);
      const read = payloads.map((payload) => Vp8RtpPayload.deSerialize(bytesOf(payload)));
      expect(Buffer.concat(read.map(({ payload }) => payload))).toEqual(Buffer.from(bytes));
      expect(read.map(({ isPartitionHead }) => isPartitionHead)).toEqual(payloads.map((_, index) => index === 0));
      expect(read.every(({ nBit, pid, xBit }) => nBit === 0 && pid === 0 && xBit === 0)).toBe(true);
      expect(payloads.map(({ marker }) => marker)).toEqual(payloads.map((_, index) => index === payloads.length - 1));
      const sizes = payloads.map((payload) => bytesOf(payload).length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(maxBytes);
      expect(sizes.length).toBe(Math.ceil(bytes.length / (maxBytes - 1)));
    }),
  );
});

it('makes nothing of nothing, and copies nothing', () => {
  expect(packetizeVp8(Buffer.alloc(0), 1_200)).toEqual([]);
  const picture = Buffer.alloc(3_000, 7);
  const [first] = packetizeVp8(picture, 1_200);
  expect(first?.parts[1]?.buffer).toBe(picture.buffer);
});
