/** A packet of sound with the one before once more: a single loss leaves no gap. PURE. @see RFC 2198 §3 */

/** Sound already sent. */
export interface SentSound {
  readonly payload: Uint8Array;
  /** On the stream's clock. */
  readonly timestamp: number;
}

/** Bounds of the header's fields: 14 bits of distance, 10 of length. */
const mostTicks = 0x3fff;
const mostBytes = 0x3ff;

/**
 * Parts of the payload: header of the older block, header of the newer one, both blocks.
 * @param payloadType of the codec, the same for both
 * @param older the packet before; left out when it is too long ago or too large to be told
 */
export function redParts(payloadType: number, newer: SentSound, older: SentSound | undefined): readonly Uint8Array[] {
  const last = Uint8Array.of(payloadType & 0x7f);
  const ticks = older ? (newer.timestamp - older.timestamp) >>> 0 : 0;
  if (!older || ticks === 0 || ticks > mostTicks || older.payload.length > mostBytes) return [last, newer.payload];
  const header = Buffer.alloc(4);
  header.writeUInt8(0x80 | (payloadType & 0x7f), 0);
  header.writeUIntBE((ticks << 10) | older.payload.length, 1, 3);
  return [header, last, older.payload, newer.payload];
}
