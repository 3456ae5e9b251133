/**
 * Forward error correction as browsers read it: one packet of parity over some packets of a picture brings any one of them back without
 * asking. PURE.
 * @see draft-ietf-payload-flexible-fec-scheme-03 §4.2 (the form that WebRTC implementations know as `flexfec-03`)
 */

/** Numbers that each of the three forms of the header's mask reaches, from the first on. */
const maskReach = [15, 46, 109] as const;

/** What lies under one parity packet is within so many numbers: the longest mask. */
export const fecReachPackets = maskReach[2];

/** Fixed part of an RTP header; extensions and payload behind it are protected together. */
const rtpBytes = 12;
/** In front of the mask. */
const fixedBytes = 18;
/** Length of each form of the mask, and the bit that says that it ends. */
const maskBytes = [2, 6, 14] as const;
const endMarks = [0, 16, 48] as const;

/** Place of a number in the mask, behind the marks that are in front of it. */
const bitOf = (offset: number) => offset + 1 + maskReach.filter((reach) => offset >= reach).length;

/**
 * Distributes the packets of a picture to groups in turns: a run of losses as long as there are groups meets each of them once. Their parity
 * packets leave in the order of these groups, which goes on with the turns, so that this is true of a run over the picture's end as well.
 * @param parities groups of the picture, more where it is longer than a mask reaches
 * @returns indexes by group
 */
export function fecGroups(packets: number, parities: number): number[][] {
  if (parities <= 0 || packets <= 0) return [];
  const blocks = Math.ceil(packets / fecReachPackets);
  const blockPackets = Math.ceil(packets / blocks);
  return Array.from({ length: blocks }, (_, block) => {
    const from = block * blockPackets;
    const size = Math.min(packets, from + blockPackets) - from;
    const groups = Math.min(size, Math.ceil(parities / blocks));
    return Array.from({ length: groups }, (__, turn) => {
      const group = (size + turn) % groups;
      return Array.from({ length: Math.ceil((size - group) / groups) }, (___, index) => from + group + index * groups);
    });
  }).flat();
}

/** The mask with its marks of where it ends. @param offsets of the protected numbers from the base */
function buildMask(offsets: readonly number[]): Buffer {
  const form = maskReach.findIndex((reach) => Math.max(...offsets) < reach);
  const mask = Buffer.alloc(maskBytes[form] ?? maskBytes[2]);
  const setBit = (bit: number) => {
    mask[bit >> 3] = (mask[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  };
  setBit(endMarks[form] ?? endMarks[2]);
  for (const offset of offsets) setBit(bitOf(offset));
  return mask;
}

/**
 * Payload of the parity packet over packets of one stream, in their order, whose numbers lie within {@link fecReachPackets}. Their fields that are stamped
 * when they leave (transport number, send time, exit time) must still be zero: receivers take them for zero.
 */
export function buildParity(packets: readonly Buffer[]): Buffer {
  const first = packets[0];
  if (!first) return Buffer.alloc(0);
  const longest = Math.max(rtpBytes, ...packets.map(({ length }) => length));
  const base = first.readUInt16BE(2);
  const mask = buildMask(packets.map((packet) => (packet.readUInt16BE(2) - base) & 0xffff));
  const headerBytes = fixedBytes + mask.length;
  const parity = Buffer.alloc(headerBytes + longest - rtpBytes);
  let length = 0;
  for (const packet of packets) {
    length ^= packet.length - rtpBytes;
    parity[0] = (parity[0] ?? 0) ^ (packet[0] ?? 0);
    parity[1] = (parity[1] ?? 0) ^ (packet[1] ?? 0);
    for (let at = 4; at < 8; at++) parity[at] = (parity[at] ?? 0) ^ (packet[at] ?? 0);
    for (let from = rtpBytes, to = headerBytes; from < packet.length; from++, to++) {
      parity[to] = (parity[to] ?? 0) ^ (packet[from] ?? 0);
    }
  }
  // Neither a retransmission nor a fixed pattern: the version's two bits make room for these.
  parity[0] = (parity[0] ?? 0) & 0x3f;
  parity.writeUInt16BE(length, 2);
  // One protected source.
  parity.writeUInt32BE(0x0100_0000, 8);
  parity.writeUInt32BE(first.readUInt32BE(8), 12);
  parity.writeUInt16BE(base, 16);
  parity.set(mask, fixedBytes);
  return parity;
}

/** What a parity packet protects. */
export interface Parity {
  readonly ssrc: number;
  readonly sequenceNumbers: readonly number[];
  /** In front of the parity itself. */
  readonly headerBytes: number;
}

/** Reads which packets a payload of {@link buildParity} protects. */
export function readParity(payload: Buffer): Parity {
  const base = payload.readUInt16BE(16);
  const hasBit = (bit: number) => ((payload[fixedBytes + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  const ending = endMarks.findIndex(hasBit);
  const form = ending < 0 ? endMarks.length - 1 : ending;
  const sequenceNumbers = Array.from({ length: maskReach[form] ?? 0 }, (_, offset) => offset)
    .filter((offset) => hasBit(bitOf(offset)))
    .map((offset) => (base + offset) & 0xffff);
  const headerBytes = fixedBytes + (maskBytes[form] ?? 0);
  return { ssrc: payload.readUInt32BE(12), sequenceNumbers, headerBytes };
}

/** Brings the one missing packet back. @param others the other packets under this parity, their late fields zero */
export function recoverPacket(payload: Buffer, others: readonly Buffer[]): Buffer {
  const { ssrc, sequenceNumbers, headerBytes } = readParity(payload);
  const there = new Set(others.map((packet) => packet.readUInt16BE(2)));
  const missing = sequenceNumbers.find((number) => !there.has(number)) ?? 0;
  // Without others the parity is the packet itself.
  const all = buildParity(others);
  const allHeaderBytes = others.length > 0 ? readParity(all).headerBytes : 0;
  const allLength = others.length > 0 ? all.readUInt16BE(2) : 0;
  const length = (allLength ^ payload.readUInt16BE(2)) + rtpBytes;
  const packet = Buffer.alloc(length);
  const xor = (at: number) => (payload[at] ?? 0) ^ (all[at] ?? 0);
  packet[0] = 0x80 | (xor(0) & 0x3f);
  packet[1] = xor(1);
  packet.writeUInt16BE(missing, 2);
  for (let at = 4; at < 8; at++) packet[at] = xor(at);
  packet.writeUInt32BE(ssrc, 8);
  for (let to = rtpBytes; to < length; to++) {
    packet[to] = (payload[to + headerBytes - rtpBytes] ?? 0) ^ (all[to + allHeaderBytes - rtpBytes] ?? 0);
  }
  return packet;
}
