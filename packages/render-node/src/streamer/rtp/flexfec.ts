import type { PathState } from './congestion.js';

/**
 * Forward error correction as browsers read it: one packet of parity over some packets of a picture brings any one of them back without
 * asking. PURE.
 * @see draft-ietf-payload-flexible-fec-scheme-03 §4.2 (the form that WebRTC implementations know as `flexfec-03`)
 */

/** Packets under one parity packet, at most: what the short mask of the header holds. */
export const fecGroupPackets = 15;

/** Fixed part of an RTP header; extensions and payload behind it are protected together. */
const rtpBytes = 12;
const headerBytes = 20;

/** Losses at which parity pays: one in 250 packets is rare enough for retransmission, one in five too many for parity. */
const worthwhile = { least: 0.004, most: 0.2 } as const;
/** Packets that share one parity packet on a path that loses less than a share, and on one that loses more. */
const group = { few: 14, lossOfFew: 0.06, many: 7 } as const;
/** With this much queue under all packets losses are those of a full queue, which come in rows that parity does not bring back. */
const fullQueueMs = 30;

/**
 * How many packets share one parity packet on this path, 0 for no protection. Two losses in a group are one too many: on a path with 2 % that is
 * 3 % of full groups, where without parity a quarter of such pictures waits for a round trip.
 */
export function fecGroupOf({
  steadyLoss,
  queueMs,
  competing,
}: Pick<PathState, 'steadyLoss' | 'queueMs' | 'competing'>): number {
  if (competing || queueMs > fullQueueMs || steadyLoss < worthwhile.least || steadyLoss > worthwhile.most) return 0;
  return steadyLoss < group.lossOfFew ? group.few : group.many;
}

/**
 * Distributes the packets of a picture to as few groups as may be, in turns: a burst of losses then meets each group once.
 * @returns indexes by group
 */
export function fecGroups(packets: number, groupPackets: number): number[][] {
  if (groupPackets <= 0) return [];
  // The mask reaches 15 numbers from the first: turns only within blocks that it spans.
  const blocks = Math.ceil(packets / fecGroupPackets);
  const blockPackets = Math.ceil(packets / blocks);
  return Array.from({ length: blocks }, (_, block) => {
    const from = block * blockPackets;
    const size = Math.min(packets, from + blockPackets) - from;
    const groups = Math.ceil(size / groupPackets);
    return Array.from({ length: groups }, (__, group) =>
      Array.from({ length: Math.ceil((size - group) / groups) }, (___, index) => from + group + index * groups),
    );
  })
    .flat()
    .filter((group) => group.length > 0);
}

/**
 * Payload of the parity packet over packets of one stream, whose numbers lie within {@link fecGroupPackets}. Their fields that are stamped
 * when they leave (transport number, send time, exit time) must still be zero: receivers take them for zero.
 */
export function buildParity(packets: readonly Buffer[]): Buffer {
  const first = packets[0];
  const longest = Math.max(rtpBytes, ...packets.map(({ length }) => length));
  const parity = Buffer.alloc(headerBytes + longest - rtpBytes);
  if (!first) return parity;
  const base = first.readUInt16BE(2);
  let mask = 0;
  let length = 0;
  for (const packet of packets) {
    mask |= 1 << (14 - ((packet.readUInt16BE(2) - base) & 0xffff));
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
  // The mask ends here.
  parity.writeUInt16BE(0x8000 | mask, 18);
  return parity;
}

/** What a parity packet protects. */
export interface Parity {
  readonly ssrc: number;
  readonly sequenceNumbers: readonly number[];
}

/** Reads which packets a payload of {@link buildParity} protects. */
export function readParity(payload: Buffer): Parity {
  const base = payload.readUInt16BE(16);
  const mask = payload.readUInt16BE(18);
  const sequenceNumbers = Array.from({ length: fecGroupPackets }, (_, index) => index)
    .filter((index) => (mask & (1 << (14 - index))) !== 0)
    .map((index) => (base + index) & 0xffff);
  return { ssrc: payload.readUInt32BE(12), sequenceNumbers };
}

/** Brings the one missing packet back. @param others the other packets under this parity, their late fields zero */
export function recoverPacket(payload: Buffer, others: readonly Buffer[]): Buffer {
  const { ssrc, sequenceNumbers } = readParity(payload);
  const there = new Set(others.map((packet) => packet.readUInt16BE(2)));
  const missing = sequenceNumbers.find((number) => !there.has(number)) ?? 0;
  const all = buildParity(others);
  const length = (all.readUInt16BE(2) ^ payload.readUInt16BE(2)) + rtpBytes;
  const packet = Buffer.alloc(length);
  const xor = (at: number) => (payload[at] ?? 0) ^ (all[at] ?? 0);
  packet[0] = 0x80 | (xor(0) & 0x3f);
  packet[1] = xor(1);
  packet.writeUInt16BE(missing, 2);
  for (let at = 4; at < 8; at++) packet[at] = xor(at);
  packet.writeUInt32BE(ssrc, 8);
  for (let to = rtpBytes; to < length; to++) packet[to] = xor(to + headerBytes - rtpBytes);
  return packet;
}
