import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildParity, fecGroupOf, fecGroupPackets, fecGroups, readParity, recoverPacket } from './flexfec.js';
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
        fc.array(payload, { minLength: 1, maxLength: fecGroupPackets }),
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.nat(),
        (payloads, firstSequenceNumber, timestamp, which) => {
          const { bytes } = packetsOf(payloads, firstSequenceNumber, timestamp);
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
    expect(readParity(buildParity([first, second]))).toEqual({ ssrc: 0x5555_aaaa, sequenceNumbers: [7, 9] });
  });

  it('is made before the packets are stamped, in a stream of its own with transport numbers', () => {
    const { stream, packets, bytes } = packetsOf([Uint8Array.of(1), Uint8Array.of(2, 3)], 65_535, 9);
    const [parity] = stream.protect(packets, 14);
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

  it('distributes every packet once, over groups within the reach of a mask, in turns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: fecGroupPackets }), (packets, most) => {
        const groups = fecGroups(packets, most);
        expect(groups.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: packets }, (_, index) => index));
        for (const group of groups) {
          expect(group.length).toBeLessThanOrEqual(most);
          expect((group.at(-1) ?? 0) - (group[0] ?? 0)).toBeLessThan(fecGroupPackets);
        }
      }),
    );
    expect(fecGroups(4, 2)).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(fecGroups(4, 0)).toEqual([]);
  });

  it.each([
    [0, 0],
    [0.003, 0],
    [0.02, 14],
    [0.08, 7],
    [0.4, 0],
  ])('at a loss of %f a group has %i packets', (steadyLoss, packets) => {
    expect(fecGroupOf({ steadyLoss, queueMs: 5, competing: false })).toBe(packets);
    expect(fecGroupOf({ steadyLoss, queueMs: 60, competing: false })).toBe(0);
    expect(fecGroupOf({ steadyLoss, queueMs: 5, competing: true })).toBe(0);
  });
});
