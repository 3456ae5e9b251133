import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildParity, fecGroups, fecReachPackets, readParity, recoverPacket } from './flexfec.js';
import { createRtpStream } from './rtp-stream.js';

const payload = fc.uint8Array({ minLength: 1, maxLength: 60 });

function packetsOf(payloads: readonly Uint8Array[], firstSequenceNumber: number, timestamp: number) {
  const stream = createRtpStream({
    mid: '0',
    ssrc: 0x8000_0001,
    payloadType: 108,
    clockRate: 90_000,
    extensions: { transportWideCc: 4, playoutDelay: 5, absCaptureTime: 11, videoTiming: 7 },
    firstSequenceNumber,
    fec: { ssrc: 0x9000_0001, payloadType: 49 },
  });
  const parts = payloads.map((bytes, index) => ({ parts: [bytes], marker: index === payloads.length - 1 }));
  const times = { captureTimeUs: 1_000, encodeStartUs: 2_000, encodeEndUs: 3_000, packetizedUs: 4_000 };
  const extras = { start: { captureTimeUs: 5_000, playoutDelay: { minMs: 0, maxMs: 50 } }, timing: times };
  const packets = stream.packetize(parts, timestamp, 1_000_000, extras);
  return { stream, packets, bytes: packets.map(({ packet }) => Buffer.from(packet)) };
}

describe('parity over packets', () => {
  it('brings back any one of them, with its header, its extensions and its number', () => {
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 1, maxLength: fecReachPackets }),
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.nat(),
        fc.integer({ min: 1, max: 6 }),
        (payloads, firstSequenceNumber, timestamp, which, turns) => {
          const all = packetsOf(payloads, firstSequenceNumber, timestamp).bytes;
          const bytes = all.filter((_, index) => index % turns === 0);
          const lost = which % bytes.length;
          const others = bytes.filter((_, index) => index !== lost);
          expect(recoverPacket(buildParity(bytes), others)).toEqual(bytes[lost]);
        },
      ),
    );
  });

  it('has the header that receivers read', () => {
    // Two packets of version 2: type 108 with and without marker, 3 and 1 bytes of payload, numbers 7 and 9.
    const first = Buffer.from('806c0007000000105555aaaa010203', 'hex');
    const second = Buffer.from('80ec0009000000105555aaaa0f', 'hex');
    // No flags, recovered type 0 with marker, length 3 ^ 1, timestamp 0, one source, base 7, end of mask with bits 0 and 2.
    const header = '00800002000000000100000055 55aaaa0007d000'.replaceAll(' ', '');
    expect(buildParity([first, second]).toString('hex')).toBe(`${header}0e0203`);
    const numbers = { ssrc: 0x5555_aaaa, sequenceNumbers: [7, 9], headerBytes: 20 };
    expect(readParity(buildParity([first, second]))).toEqual(numbers);
  });

  it('is made before the packets are stamped, in a stream of its own with transport numbers', () => {
    const { stream, packets, bytes } = packetsOf([Uint8Array.of(1), Uint8Array.of(2, 3)], 65_535, 9);
    const [parity] = stream.protect(packets, 1);
    for (const { stamp } of packets) stamp(77, 88, 99);
    parity?.stamp(0x1234, 0, 0);
    const packet = parity?.packet ?? Buffer.alloc(0);
    expect(packet.readUInt8(1)).toBe(49);
    expect(packet.readUInt32BE(8)).toBe(0x9000_0001);
    expect(packet.readUInt32BE(4)).toBe(9);
    expect(packet.subarray(12, 20).toString('hex')).toBe('bede000141123400');
    expect(recoverPacket(packet.subarray(20), bytes.slice(1))).toEqual(bytes[0]);
    expect(parity?.mediaSequenceNumber).toBeUndefined();
  });

  it('writes the longer masks as the draft draws them', () => {
    const maskOf = (...offsets: number[]) => {
      const { bytes } = packetsOf(
        Array.from({ length: fecReachPackets }, () => Uint8Array.of(1)),
        65_500,
        0,
      );
      const parity = buildParity(offsets.flatMap((offset) => bytes[offset] ?? []));
      return parity.subarray(18, readParity(parity).headerBytes).toString('hex');
    };
    // The bit in front of 15, 31 and 63 places says whether the mask ends with them.
    expect(maskOf(0, 14)).toBe('c001');
    expect(maskOf(0, 15, 45)).toBe('4000c0000001');
    expect(maskOf(0, 45, 46, 108)).toBe('400000000001c000000000000001');
  });

  it('distributes every packet once, to as many groups as there is parity', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 }), (packets, parities) => {
        const groups = fecGroups(packets, parities);
        expect(groups.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: packets }, (_, index) => index));
        expect(groups.length).toBeLessThan(Math.min(packets, parities) + Math.ceil(packets / fecReachPackets));
        for (const group of groups) expect((group.at(-1) ?? 0) - (group[0] ?? 0)).toBeLessThan(fecReachPackets);
      }),
    );
    expect(fecGroups(4, 2)).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(fecGroups(4, 0)).toEqual([]);
  });

  it('brings back a run of losses as long as there are groups, wherever it begins', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: fecReachPackets }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(),
        (packets, parities, where) => {
          const groups = fecGroups(packets, parities);
          // On the wire: the picture, then the parity of each group.
          const begin = where % (packets + groups.length);
          const isLost = (place: number) => place >= begin && place < begin + groups.length;
          for (const [index, group] of groups.entries()) {
            const lost = group.filter(isLost).length;
            expect(lost).toBeLessThanOrEqual(1);
            if (lost > 0) expect(isLost(packets + index)).toBe(false);
          }
        },
      ),
    );
  });
});
