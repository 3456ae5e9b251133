import type { AppError } from '@cloudstage/protocol';
import { rtpLimits } from './limits.js';

/** Arrival of one packet at the receiver. */
export interface PacketArrival {
  /** Transport-wide sequence number. */
  readonly sequenceNumber: number;
  /** Receiver's clock in microseconds from its own origin, or null when the packet did not arrive. */
  readonly arrivalUs: number | null;
}

/** One transport-wide congestion control message. */
export interface TransportFeedback {
  readonly feedbackCount: number;
  readonly arrivals: readonly PacketArrival[];
}

/** Reference time unit (64 ms) and delta unit (250 µs). */
const referenceUnitUs = 64_000;
const deltaUnitUs = 250;

/** Packet status symbols: 0 lost, 1 small delta (one byte), 2 large or negative delta (two bytes). */
function readSymbols(packet: Buffer, count: number, malformed: (what: string) => AppError) {
  const symbols: number[] = [];
  let offset = 20;
  while (symbols.length < count) {
    if (offset + 2 > packet.length) throw malformed('packet chunks are cut');
    const chunk = packet.readUInt16BE(offset);
    offset += 2;
    if ((chunk & 0x8000) === 0) {
      const run = Math.min(chunk & 0x1fff, count - symbols.length);
      // A run of zero makes no progress; each chunk still consumes two bytes, so the loop ends.
      for (let index = 0; index < run; index++) symbols.push((chunk >> 13) & 3);
    } else if (chunk & 0x4000) {
      for (let index = 0; index < 7 && symbols.length < count; index++) symbols.push((chunk >> (12 - index * 2)) & 3);
    } else {
      for (let index = 0; index < 14 && symbols.length < count; index++) symbols.push((chunk >> (13 - index)) & 1);
    }
  }
  return { symbols, offset };
}

/**
 * Parses a transport-wide feedback packet (RTPFB, format 15). PURE.
 * @param malformed makes the error to throw
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1
 */
export function parseTransportFeedback(packet: Buffer, malformed: (what: string) => AppError): TransportFeedback {
  if (packet.length < 20) throw malformed('transport feedback is cut');
  const base = packet.readUInt16BE(12);
  const count = packet.readUInt16BE(14);
  if (count > rtpLimits.twccStatuses) throw malformed('transport feedback names too many packets');
  const { symbols, offset: deltasAt } = readSymbols(packet, count, malformed);
  let offset = deltasAt;
  let timeUs = packet.readIntBE(16, 3) * referenceUnitUs;
  const arrivals = symbols.map((symbol, index): PacketArrival => {
    const sequenceNumber = (base + index) & 0xffff;
    if (symbol !== 1 && symbol !== 2) return { sequenceNumber, arrivalUs: null };
    if (offset + symbol > packet.length) throw malformed('receive deltas are cut');
    timeUs += (symbol === 1 ? packet.readUInt8(offset) : packet.readInt16BE(offset)) * deltaUnitUs;
    offset += symbol;
    return { sequenceNumber, arrivalUs: timeUs };
  });
  return { feedbackCount: packet.readUInt8(19), arrivals };
}
