import { AppError } from '@cloudstage/protocol';
import { rtpLimits } from './limits.js';
import { ntpTime } from './rtp-time.js';
import { parseTransportFeedback, type TransportFeedback } from './transport-feedback.js';

/**
 * RTCP bytes to events and back. PURE. Everything here comes from the network: the parser checks every length and throws
 * only {@link AppError} `rtcp-malformed`.
 * @see RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1
 */

/** One report block of a receiver. Times are in 1/65536 s. */
export interface ReportBlock {
  readonly ssrc: number;
  /** 0–1 since the last report. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  readonly highestSequenceNumber: number;
  readonly jitter: number;
  readonly lastSenderReport: number;
  readonly delaySinceLastSenderReport: number;
}

/** What a receiver can tell a sender. Packets of other kinds are left out. */
export type RtcpEvent =
  | { readonly type: 'report'; readonly blocks: readonly ReportBlock[] }
  | { readonly type: 'nack'; readonly mediaSsrc: number; readonly sequenceNumbers: readonly number[] }
  | { readonly type: 'pli'; readonly mediaSsrc: number }
  | { readonly type: 'fir'; readonly mediaSsrc: number; readonly sequenceNumber: number }
  | { readonly type: 'transport-feedback'; readonly feedback: TransportFeedback }
  | { readonly type: 'remb'; readonly bitrateBps: number }
  | { readonly type: 'bye'; readonly ssrcs: readonly number[] };

const packetTypes = { senderReport: 200, receiverReport: 201, bye: 203, transportFb: 205, payloadFb: 206 } as const;

const malformed = (what: string) => new AppError('rtcp-malformed', `RTCP: ${what}`);

function reportBlocks(packet: Buffer, offset: number, count: number): ReportBlock[] {
  if (packet.length < offset + count * 24) throw malformed('report blocks exceed the packet');
  return Array.from({ length: count }, (_, index) => {
    const at = offset + index * 24;
    return {
      ssrc: packet.readUInt32BE(at),
      fractionLost: packet.readUInt8(at + 4) / 256,
      packetsLost: packet.readIntBE(at + 5, 3),
      highestSequenceNumber: packet.readUInt32BE(at + 8),
      jitter: packet.readUInt32BE(at + 12),
      lastSenderReport: packet.readUInt32BE(at + 16),
      delaySinceLastSenderReport: packet.readUInt32BE(at + 20),
    };
  });
}

function nackEvent(packet: Buffer): RtcpEvent {
  const sequenceNumbers: number[] = [];
  for (let at = 12; at + 4 <= packet.length; at += 4) {
    const first = packet.readUInt16BE(at);
    const mask = packet.readUInt16BE(at + 2);
    sequenceNumbers.push(first);
    for (let bit = 0; bit < 16; bit++) if (mask & (1 << bit)) sequenceNumbers.push((first + bit + 1) & 0xffff);
    if (sequenceNumbers.length >= rtpLimits.nackedPerMessage) break;
  }
  return {
    type: 'nack',
    mediaSsrc: packet.readUInt32BE(8),
    sequenceNumbers: sequenceNumbers.slice(0, rtpLimits.nackedPerMessage),
  };
}

function payloadFeedback(format: number, packet: Buffer): RtcpEvent | undefined {
  if (format === 1) return { type: 'pli', mediaSsrc: packet.readUInt32BE(8) };
  if (format === 4) {
    if (packet.length < 20) throw malformed('FIR without an entry');
    return { type: 'fir', mediaSsrc: packet.readUInt32BE(12), sequenceNumber: packet.readUInt8(16) };
  }
  if (format !== 15) return undefined;
  // Application layer feedback; only REMB is known. @see draft-alvestrand-rmcat-remb-03 §2.2
  if (packet.length < 20 || packet.toString('latin1', 12, 16) !== 'REMB') return undefined;
  const exponent = packet.readUInt8(17) >> 2;
  const mantissa = ((packet.readUInt8(17) & 3) << 16) | packet.readUInt16BE(18);
  return { type: 'remb', bitrateBps: mantissa * 2 ** exponent };
}

function parsePacket(type: number, count: number, packet: Buffer): RtcpEvent | undefined {
  switch (type) {
    case packetTypes.senderReport:
      return { type: 'report', blocks: reportBlocks(packet, 28, count) };
    case packetTypes.receiverReport:
      return { type: 'report', blocks: reportBlocks(packet, 8, count) };
    case packetTypes.bye: {
      if (packet.length < 4 + count * 4) throw malformed('BYE is shorter than its sources');
      return { type: 'bye', ssrcs: Array.from({ length: count }, (_, index) => packet.readUInt32BE(4 + index * 4)) };
    }
    case packetTypes.transportFb:
    case packetTypes.payloadFb: {
      if (packet.length < 12) throw malformed('feedback without its sources');
      if (type === packetTypes.payloadFb) return payloadFeedback(count, packet);
      if (count === 1) return nackEvent(packet);
      return count === 15
        ? { type: 'transport-feedback', feedback: parseTransportFeedback(packet, malformed) }
        : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * Parses one datagram: a compound packet or a reduced-size one (RFC 5506).
 * @throws AppError `rtcp-malformed`
 */
export function parseRtcp(datagram: Buffer): RtcpEvent[] {
  if (datagram.length > rtpLimits.rtcpBytes) throw malformed('datagram is too long');
  const events: RtcpEvent[] = [];
  let offset = 0;
  // Of all messages together: 24 bytes can name as many packets as there may be at all.
  let statuses = 0;
  for (let packets = 0; offset < datagram.length; packets++) {
    if (packets >= rtpLimits.rtcpPacketsPerDatagram) throw malformed('too many packets in a datagram');
    if (datagram.length - offset < 4) throw malformed('packet header is cut');
    const first = datagram.readUInt8(offset);
    if (first >> 6 !== 2) throw malformed('version is not 2');
    const bytes = (datagram.readUInt16BE(offset + 2) + 1) * 4;
    if (offset + bytes > datagram.length) throw malformed('packet exceeds the datagram');
    const padding = first & 0x20 ? datagram.readUInt8(offset + bytes - 1) : 0;
    if (padding > bytes - 4) throw malformed('padding exceeds the packet');
    const event = parsePacket(
      datagram.readUInt8(offset + 1),
      first & 0x1f,
      datagram.subarray(offset, offset + bytes - padding),
    );
    if (event?.type === 'transport-feedback') statuses += event.feedback.arrivals.length;
    if (statuses > rtpLimits.twccStatuses) throw malformed('transport feedback names too many packets');
    if (event) events.push(event);
    offset += bytes;
  }
  return events;
}

/** Whether a datagram of an RTP session is RTCP. @see RFC 5761 §4 */
export function isRtcp(datagram: Buffer): boolean {
  const type = datagram[1] ?? 0;
  return datagram.length >= 4 && type >= 192 && type <= 223;
}

/** Content of a sender report. */
export interface SenderReport {
  readonly ssrc: number;
  readonly wallUs: number;
  /** RTP timestamp of `wallUs` on the stream's clock. */
  readonly timestamp: number;
  readonly packets: number;
  readonly payloadBytes: number;
  readonly cname: string;
}

/** SR followed by SDES with the CNAME. @see RFC 3550 §6.4.1, §6.5 */
export function buildSenderReport(report: SenderReport): Buffer {
  const cname = Buffer.from(report.cname, 'utf8').subarray(0, 255);
  const sdesBytes = Math.ceil((8 + 2 + cname.length + 1) / 4) * 4;
  const packet = Buffer.alloc(28 + sdesBytes);
  const { seconds, fraction } = ntpTime(report.wallUs);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(packetTypes.senderReport, 1);
  packet.writeUInt16BE(6, 2);
  packet.writeUInt32BE(report.ssrc >>> 0, 4);
  packet.writeUInt32BE(seconds, 8);
  packet.writeUInt32BE(fraction, 12);
  packet.writeUInt32BE(report.timestamp >>> 0, 16);
  packet.writeUInt32BE(report.packets >>> 0, 20);
  packet.writeUInt32BE(report.payloadBytes >>> 0, 24);
  packet.writeUInt8(0x81, 28);
  packet.writeUInt8(202, 29);
  packet.writeUInt16BE(sdesBytes / 4 - 1, 30);
  packet.writeUInt32BE(report.ssrc >>> 0, 32);
  packet.writeUInt8(1, 36);
  packet.writeUInt8(cname.length, 37);
  cname.copy(packet, 38);
  return packet;
}
