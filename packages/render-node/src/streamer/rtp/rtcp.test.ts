import { isAppError } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GenericNack,
  PictureLossIndication,
  RtcpPacketConverter,
  RtcpPayloadSpecificFeedback,
  RtcpReceiverInfo,
  RtcpRrPacket,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
} from 'werift-rtp';
import { rtpLimits } from './limits.js';
import { buildSenderReport, isRtcp, parseRtcp } from './rtcp.js';

/** A transport-wide feedback packet with two-bit status chunks, written from the draft's figure. */
function transportFeedback(base: number, arrivals: readonly (number | null)[], referenceUnits = 10): Buffer {
  const symbols: number[] = [];
  const deltas: Buffer[] = [];
  let last = referenceUnits * 64_000;
  for (const arrival of arrivals) {
    if (arrival === null) {
      symbols.push(0);
      continue;
    }
    const delta = Math.round((arrival - last) / 250);
    last += delta * 250;
    if (delta >= 0 && delta <= 255) {
      symbols.push(1);
      deltas.push(Buffer.from([delta]));
    } else {
      symbols.push(2);
      const wide = Buffer.alloc(2);
      wide.writeInt16BE(delta);
      deltas.push(wide);
    }
  }
  const chunks: Buffer[] = [];
  for (let at = 0; at < symbols.length; at += 7) {
    const chunk = Buffer.alloc(2);
    const bits = symbols.slice(at, at + 7).reduce((sum, symbol, index) => sum | (symbol << (12 - index * 2)), 0xc000);
    chunk.writeUInt16BE(bits);
    chunks.push(chunk);
  }
  const header = Buffer.alloc(20);
  header.set([0x8f, 205]);
  header.writeUInt32BE(1, 4);
  header.writeUInt32BE(2, 8);
  header.writeUInt16BE(base, 12);
  header.writeUInt16BE(arrivals.length, 14);
  header.writeIntBE(referenceUnits, 16, 3);
  header.writeUInt8(3, 19);
  const body = Buffer.concat([header, ...chunks, ...deltas]);
  const packet = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  return packet;
}

describe('parseRtcp', () => {
  it('reads NACK, PLI, REMB and reports of another implementation, also in one datagram', () => {
    const nack = new RtcpTransportLayerFeedback({
      feedback: new GenericNack({ senderSsrc: 1, mediaSourceSsrc: 22, lost: [5, 6, 8, 40, 65_535] }),
    }).serialize();
    const pli = new RtcpPayloadSpecificFeedback({
      feedback: new PictureLossIndication({ senderSsrc: 1, mediaSsrc: 22 }),
    }).serialize();
    const report = new RtcpRrPacket({
      ssrc: 1,
      reports: [
        new RtcpReceiverInfo({
          ssrc: 22,
          fractionLost: 64,
          packetsLost: 3,
          highestSequence: 1_000,
          jitter: 5,
          lsr: 77,
          dlsr: 88,
        }),
      ],
    }).serialize();
    const events = parseRtcp(Buffer.concat([report, nack, pli]));
    expect(events).toHaveLength(3);
    expect(events[0]).toMatchObject({
      type: 'report',
      blocks: [{ ssrc: 22, fractionLost: 0.25, packetsLost: 3, lastSenderReport: 77, delaySinceLastSenderReport: 88 }],
    });
    const lost = events[1]?.type === 'nack' ? [...events[1].sequenceNumbers].sort((a, b) => a - b) : [];
    expect(lost).toEqual([5, 6, 8, 40, 65_535]);
    expect(events[2]).toEqual({ type: 'pli', mediaSsrc: 22 });
  });

  it('reads REMB and FIR byte by byte', () => {
    const remb = Buffer.from('8fce000500000001000000005245 4d42010e2710 00000016'.replace(/ /g, ''), 'hex');
    expect(parseRtcp(remb)).toEqual([{ type: 'remb', bitrateBps: 0x2_2710 * 2 ** 3 }]);
    const fir = Buffer.from('84ce000400000001000000000000001607000000', 'hex');
    expect(parseRtcp(fir)).toEqual([{ type: 'fir', mediaSsrc: 22, sequenceNumber: 7 }]);
  });

  it('reads transport-wide feedback with losses, large and negative steps', () => {
    const origin = 640_000;
    const arrivals = [
      origin,
      origin + 1_000,
      null,
      origin + 100_000,
      origin + 90_000,
      null,
      origin + 90_250,
      origin + 91_000,
    ];
    const [event] = parseRtcp(transportFeedback(65_533, arrivals));
    expect(event).toEqual({
      type: 'transport-feedback',
      feedback: {
        feedbackCount: 3,
        arrivals: arrivals.map((arrivalUs, index) => ({ sequenceNumber: (65_533 + index) & 0xffff, arrivalUs })),
      },
    });
  });

  it('reads run-length and one-bit chunks', () => {
    // Five received with small deltas as a run, then a one-bit vector of which the first two bits count.
    const packet = Buffer.from(
      '8fcd0006000000010000000200640007 000000 00 2005 a000 0102030405 06 0000'.replace(/ /g, ''),
      'hex',
    );
    packet.writeUInt16BE(packet.length / 4 - 1, 2);
    const [event] = parseRtcp(packet);
    const statuses = event?.type === 'transport-feedback' ? event.feedback.arrivals : [];
    expect(statuses.map(({ arrivalUs }) => arrivalUs)).toEqual([250, 750, 1_500, 2_500, 3_750, 5_250, null]);
  });

  it('survives any bytes with nothing but its own error', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // Valid headers with garbage behind, so that the body parsers are reached.
      fc
        .tuple(fc.nat(31), fc.constantFrom(200, 201, 203, 205, 206), fc.uint8Array({ maxLength: 120 }))
        .map(([count, type, body]) => {
          const words = Math.floor(body.length / 4);
          return Uint8Array.from([0x80 | count, type, words >> 8, words & 0xff, ...body.subarray(0, words * 4)]);
        }),
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 3 }), (parts) => {
        try {
          const events = parseRtcp(Buffer.concat(parts));
          for (const event of events) {
            if (event.type === 'nack')
              expect(event.sequenceNumbers.length).toBeLessThanOrEqual(rtpLimits.nackedPerMessage);
          }
        } catch (error) {
          expect(isAppError(error, 'rtcp-malformed')).toBe(true);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('refuses a datagram that no network path carries', () => {
    expect(() => parseRtcp(Buffer.alloc(rtpLimits.rtcpBytes + 4, 0x80))).toThrow(/too long/);
  });
});

describe('buildSenderReport', () => {
  it('is read by another implementation', () => {
    const wallUs = 1_790_000_000_250_000;
    const packet = buildSenderReport({
      ssrc: 9,
      wallUs,
      timestamp: 123,
      packets: 4,
      payloadBytes: 5_000,
      cname: 'abc',
    });
    expect(isRtcp(packet)).toBe(true);
    const [report, sdes] = RtcpPacketConverter.deSerialize(packet);
    expect(report).toBeInstanceOf(RtcpSrPacket);
    const sender = report as RtcpSrPacket;
    expect(sender.ssrc).toBe(9);
    expect(sender.senderInfo).toMatchObject({ rtpTimestamp: 123, packetCount: 4, octetCount: 5_000 });
    expect(sender.senderInfo.ntpTimestamp >> 32n).toBe(BigInt(1_790_000_000 + 2_208_988_800));
    expect(JSON.stringify(sdes)).toContain('abc');
  });
});

describe('isRtcp', () => {
  it('tells RTCP from RTP by the second byte', () => {
    expect(isRtcp(Buffer.from([0x80, 201, 0, 1]))).toBe(true);
    expect(isRtcp(Buffer.from([0x80, 108, 0, 1]))).toBe(false);
    expect(isRtcp(Buffer.from([0x80, 0x80 | 108, 0, 1]))).toBe(false);
    expect(isRtcp(Buffer.from([0x80]))).toBe(false);
  });
});
