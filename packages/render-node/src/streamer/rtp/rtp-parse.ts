/** One RTP packet of a client, without its padding and header extensions. `payload` is a view of the datagram. */
export interface ReceivedRtp {
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}

const fixedHeaderBytes = 12;
const extensionHeaderBytes = 4;

/**
 * Reads a packet; null for what is none. PURE.
 * @see RFC 3550 §5.1
 */
export function parseRtp(packet: Buffer): ReceivedRtp | null {
  if (packet.length < fixedHeaderBytes) return null;
  const first = packet.readUInt8(0);
  if (first >> 6 !== 2) return null;
  let start = fixedHeaderBytes + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (start + extensionHeaderBytes > packet.length) return null;
    start += extensionHeaderBytes + packet.readUInt16BE(start + 2) * 4;
  }
  const padding = first & 0x20 ? packet.readUInt8(packet.length - 1) : 0;
  const end = packet.length - padding;
  if (start > end || (first & 0x20 && padding === 0)) return null;
  return {
    payloadType: packet.readUInt8(1) & 0x7f,
    sequenceNumber: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(start, end),
  };
}
