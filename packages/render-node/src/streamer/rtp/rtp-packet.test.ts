import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtpPacket } from 'werift-rtp';
import { createPacketLayout } from './rtp-packet.js';

const options = {
  ssrc: 0xdeadbeef,
  payloadType: 108,
  mid: '0',
  extensions: { transportWideCc: 4, playoutDelay: 5, mid: 9, absSendTime: 2 },
};

describe('createPacketLayout', () => {
  it('writes packets that another implementation reads', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.boolean(),
        fc.uint8Array({ minLength: 1, maxLength: 1_200 }),
        fc.nat(0xffff),
        fc.nat(0xff_ffff),
        (sequenceNumber, timestamp, marker, payload, transport, sendTime) => {
          const layout = createPacketLayout(options);
          const packet = layout.build({ sequenceNumber, timestamp, marker }, [
            payload.subarray(0, 1),
            payload.subarray(1),
          ]);
          layout.stamp(packet, transport, sendTime);
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
          expect(Buffer.from(payload).equals(read.payload)).toBe(true);
          const extensions = Object.fromEntries(read.header.extensions.map((entry) => [entry.id, entry.payload]));
          expect(extensions[4]?.readUInt16BE(0)).toBe(transport);
          expect(extensions[2]?.readUIntBE(0, 3)).toBe(sendTime);
          expect(extensions[5]).toEqual(Buffer.from([0, 0, 0]));
          expect(extensions[9]?.toString()).toBe('0');
        },
      ),
    );
  });

  it('has a plain header without extensions, and stamping it changes nothing', () => {
    const layout = createPacketLayout({ ...options, extensions: {} });
    const packet = layout.build({ sequenceNumber: 1, timestamp: 2, marker: false }, [Buffer.from([7])]);
    expect(packet.length).toBe(13);
    const before = Buffer.from(packet);
    layout.stamp(packet, 99, 99);
    expect(packet).toEqual(before);
    expect(RtpPacket.deSerialize(packet).payload).toEqual(Buffer.from([7]));
  });

  it('refuses ids that one-byte extensions cannot have', () => {
    expect(() => createPacketLayout({ ...options, extensions: { mid: 15 } })).toThrow();
    expect(() => createPacketLayout({ ...options, extensions: { mid: 0 } })).toThrow();
  });
});
