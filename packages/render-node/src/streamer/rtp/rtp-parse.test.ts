import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RtpHeader, RtpPacket } from 'werift-rtp';
import { parseRtp } from './rtp-parse.js';

it('reads what another implementation writes', () => {
  fc.assert(
    fc.property(
      fc.record({
        payloadType: fc.nat(127),
        sequenceNumber: fc.nat(0xffff),
        timestamp: fc.nat(0xffffffff),
        ssrc: fc.nat(0xffffffff),
        marker: fc.boolean(),
        csrc: fc.array(fc.nat(0xffffffff), { maxLength: 15 }),
        extension: fc.boolean(),
      }),
      fc.uint8Array({ maxLength: 200 }),
      ({ extension, ...fields }, payload) => {
        const header = new RtpHeader({
          ...fields,
          csrcLength: fields.csrc.length,
          extension,
          extensionProfile: 0xbede,
          extensions: extension ? [{ id: 1, payload: Buffer.from([7, 8]) }] : [],
        });
        const bytes = new RtpPacket(header, Buffer.from(payload)).serialize();
        const { payloadType, sequenceNumber, timestamp, ssrc } = fields;
        const read = parseRtp(bytes);
        expect(read).toMatchObject({ payloadType, sequenceNumber, timestamp, ssrc });
        expect(read?.payload.equals(payload)).toBe(true);
      },
    ),
  );
});

it('leaves padding out', () => {
  const packet = Buffer.from([0xa0, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 0, 0, 3]);
  expect(parseRtp(packet)?.payload).toEqual(Buffer.from([9, 9]));
});

it('takes no other bytes for a packet, and never reads beyond them', () => {
  const packet = Buffer.from([0x90, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 1, 1, 1, 1, 5]);
  expect(parseRtp(packet)?.payload).toEqual(Buffer.from([5]));
  for (let length = 0; length < 20; length++) expect(parseRtp(packet.subarray(0, length))).toBeNull();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const read = parseRtp(Buffer.from(bytes));
      expect(read === null || read.payload.length <= bytes.length - 12).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});
