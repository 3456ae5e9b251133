import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtpPacket } from 'werift-rtp';
import { createPacketLayout, rebuildAsRtx, rtpHeaderBytes } from './rtp-packet.js';

const options = {
  ssrc: 0xdeadbeef,
  payloadType: 108,
  mid: '0',
  extensions: { transportWideCc: 4, playoutDelay: 5, mid: 9, absSendTime: 2, absCaptureTime: 11, videoTiming: 7 },
};
const captureTimeUs = 1_790_000_000_500_000;
const start = { captureTimeUs, playoutDelay: { minMs: 20, maxMs: 100 } };
const timing = {
  captureTimeUs,
  encodeStartUs: captureTimeUs + 1_400,
  encodeEndUs: captureTimeUs + 5_600,
  packetizedUs: captureTimeUs + 6_000,
};

const extensionsOf = (packet: Buffer) =>
  Object.fromEntries(RtpPacket.deSerialize(packet).header.extensions.map((entry) => [entry.id, entry.payload]));

describe('createPacketLayout', () => {
  it('writes packets that another implementation reads, in the one-byte and in the two-byte form', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.boolean(),
        fc.uint8Array({ minLength: 1, maxLength: 1_200 }),
        fc.nat(0xffff),
        fc.nat(0xff_ffff),
        fc.record({ start: fc.constant(start), timing: fc.constant(timing) }, { requiredKeys: [] }),
        fc.constantFrom(11, 14, 16, 255),
        (sequenceNumber, timestamp, marker, payload, transport, sendTime, extras, captureTimeId) => {
          const extensions = { ...options.extensions, absCaptureTime: captureTimeId };
          const layout = createPacketLayout({ ...options, extensions });
          const fields = { sequenceNumber, timestamp, marker };
          const packet = layout.build(fields, [payload.subarray(0, 1), payload.subarray(1)], extras);
          layout.stamp(packet, transport, sendTime);
          if (extras.timing) layout.stampExit(packet, timing, captureTimeUs + 7_300);
          const read = RtpPacket.deSerialize(packet);
          expect(read.header).toMatchObject({
            version: 2,
            sequenceNumber,
            timestamp,
            marker,
            payloadType: 108,
            ssrc: 0xdeadbeef,
            padding: false,
          });
          expect(packet.readUInt16BE(12)).toBe(captureTimeId > 14 ? 0x1000 : 0xbede);
          expect(packet.length - rtpHeaderBytes(packet)).toBe(payload.length);
          expect(Buffer.from(payload).equals(read.payload)).toBe(true);
          const found = extensionsOf(packet);
          expect(found[4]?.readUInt16BE(0)).toBe(transport);
          expect(found[2]?.readUIntBE(0, 3)).toBe(sendTime);
          expect(found[9]?.toString()).toBe('0');
          expect(found[5]).toEqual(extras.start && Buffer.from([0, 0x20, 0x0a]));
          expect(found[captureTimeId]?.readUInt32BE(0)).toBe(extras.start && (1_790_000_000 + 2_208_988_800) % 2 ** 32);
          expect(found[captureTimeId]?.readUInt32BE(4)).toBe(extras.start && 2 ** 31);
          // Flag, then capture → encoder, encoded, packetized, sent; the network's own fields stay empty.
          expect(found[7]).toEqual(extras.timing && Buffer.from([1, 0, 1, 0, 6, 0, 6, 0, 7, 0, 0, 0, 0]));
        },
      ),
    );
  });

  it('keeps durations in their fields, whatever they are', () => {
    const layout = createPacketLayout(options);
    const fields = { sequenceNumber: 1, timestamp: 2, marker: true };
    const odd = {
      captureTimeUs,
      encodeStartUs: captureTimeUs - 5_000,
      encodeEndUs: captureTimeUs + 9e9,
      packetizedUs: 0,
    };
    const packet = layout.build(fields, [Buffer.from([7])], {
      timing: odd,
      start: { captureTimeUs, playoutDelay: { minMs: -10, maxMs: 1e6 } },
    });
    const found = extensionsOf(packet);
    expect(found[7]?.subarray(1, 7)).toEqual(Buffer.from([0, 0, 0xff, 0xff, 0, 0]));
    expect(found[5]).toEqual(Buffer.from([0, 0x0f, 0xff]));
  });

  it('has a plain header without extensions, and stamping it changes nothing', () => {
    const layout = createPacketLayout({ ...options, extensions: {} });
    const fields = { sequenceNumber: 1, timestamp: 2, marker: false };
    const packet = layout.build(fields, [Buffer.from([7])], { start, timing });
    expect(packet.length).toBe(13);
    const before = Buffer.from(packet);
    layout.stamp(packet, 99, 99);
    layout.stampExit(packet, timing, captureTimeUs);
    expect(packet).toEqual(before);
    expect(RtpPacket.deSerialize(packet).payload).toEqual(Buffer.from([7]));
  });

  it('refuses ids that no extension can have', () => {
    expect(() => createPacketLayout({ ...options, extensions: { mid: 256 } })).toThrow();
    expect(() => createPacketLayout({ ...options, extensions: { mid: 0 } })).toThrow();
  });
});

it('a retransmission keeps header and extensions, and has the original number in front of the payload', () => {
  const layout = createPacketLayout(options);
  const packet = layout.build({ sequenceNumber: 77, timestamp: 2, marker: true }, [Buffer.from([7, 8])], {
    start,
    timing,
  });
  const resent = rebuildAsRtx(packet, { ssrc: 5, payloadType: 109, sequenceNumber: 3 });
  const { header, payload } = RtpPacket.deSerialize(resent);
  expect(header).toMatchObject({ ssrc: 5, payloadType: 109, sequenceNumber: 3, timestamp: 2, marker: true });
  expect(payload).toEqual(Buffer.from([0, 77, 7, 8]));
  expect(extensionsOf(resent)).toEqual(extensionsOf(packet));
});
