import { invariant } from '@cloudstage/protocol';

/** Header extensions this server writes, by URI. @see RFC 8285 */
export const extensionUris = {
  transportWideCc: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  playoutDelay: 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
} as const;

/** Negotiated one-byte extension ids (1–14); absent ones are not written. */
export type ExtensionIds = { readonly [K in keyof typeof extensionUris]?: number };

/** What every packet of a stream has in common. */
export interface PacketLayoutOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly extensions: ExtensionIds;
  /** Value of the mid extension. */
  readonly mid: string;
}

/** Fields that differ from packet to packet. */
export interface PacketFields {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly marker: boolean;
}

/**
 * Writes packets of one stream. The extension block has the same size in each, so that the fields known only at the
 * moment of sending can be stamped in place.
 */
export interface PacketLayout {
  readonly headerBytes: number;
  /** New packet: header, then `parts` one after the other. Transport fields are zero. */
  build(fields: PacketFields, parts: readonly Uint8Array[]): Buffer;
  /** Stamps the transport-wide sequence number and the send time, where negotiated. */
  stamp(packet: Buffer, transportSequenceNumber: number, sendTime: number): void;
}

interface ExtensionBlock {
  readonly bytes: Buffer;
  readonly transportOffset: number | undefined;
  readonly sendTimeOffset: number | undefined;
}

function extensionBlock(ids: ExtensionIds, mid: string): ExtensionBlock {
  const elements: number[] = [];
  let transportOffset: number | undefined;
  let sendTimeOffset: number | undefined;
  const add = (id: number, data: readonly number[]) => {
    elements.push((id << 4) | (data.length - 1), ...data);
    return elements.length - data.length + 4;
  };
  if (ids.transportWideCc !== undefined) transportOffset = add(ids.transportWideCc, [0, 0]);
  if (ids.absSendTime !== undefined) sendTimeOffset = add(ids.absSendTime, [0, 0, 0]);
  // 12 bits minimum, 12 bits maximum, both zero: render at once.
  if (ids.playoutDelay !== undefined) add(ids.playoutDelay, [0, 0, 0]);
  const midBytes = Buffer.from(mid, 'utf8');
  if (ids.mid !== undefined && midBytes.length > 0 && midBytes.length <= 16) add(ids.mid, [...midBytes]);
  if (elements.length === 0) return { bytes: Buffer.alloc(0), transportOffset, sendTimeOffset };
  while (elements.length % 4 !== 0) elements.push(0);
  const bytes = Buffer.alloc(4 + elements.length);
  bytes.writeUInt16BE(0xbede, 0);
  bytes.writeUInt16BE(elements.length / 4, 2);
  bytes.set(elements, 4);
  return { bytes, transportOffset, sendTimeOffset };
}

/** @see RFC 3550 §5.1, RFC 8285 §4.2 (one-byte extensions) */
export function createPacketLayout(options: PacketLayoutOptions): PacketLayout {
  for (const id of Object.values(options.extensions)) {
    invariant(Number.isInteger(id) && id >= 1 && id <= 14, 'one-byte extension ids are 1 to 14');
  }
  const block = extensionBlock(options.extensions, options.mid);
  const headerBytes = 12 + block.bytes.length;
  const template = Buffer.alloc(headerBytes);
  template[0] = block.bytes.length > 0 ? 0x90 : 0x80;
  template[1] = options.payloadType & 0x7f;
  template.writeUInt32BE(options.ssrc >>> 0, 8);
  block.bytes.copy(template, 12);
  return {
    headerBytes,
    build: ({ sequenceNumber, timestamp, marker }, parts) => {
      let size = headerBytes;
      for (const part of parts) size += part.length;
      const packet = Buffer.allocUnsafe(size);
      template.copy(packet, 0);
      if (marker) packet[1] = 0x80 | (options.payloadType & 0x7f);
      packet.writeUInt16BE(sequenceNumber & 0xffff, 2);
      packet.writeUInt32BE(timestamp >>> 0, 4);
      let offset = headerBytes;
      for (const part of parts) {
        packet.set(part, offset);
        offset += part.length;
      }
      return packet;
    },
    stamp: (packet, transportSequenceNumber, sendTime) => {
      if (block.transportOffset !== undefined) {
        packet.writeUInt16BE(transportSequenceNumber & 0xffff, 12 + block.transportOffset);
      }
      if (block.sendTimeOffset !== undefined) packet.writeUIntBE(sendTime, 12 + block.sendTimeOffset, 3);
    },
  };
}
