import { buildParity, fecGroups } from './flexfec.js';
import type { RtpPayload } from './h264-packetizer.js';
import { createPacketHistory, type HistoryPacket, type PacketHistory } from './history.js';
import {
  createPacketLayout,
  type ExtensionIds,
  type PacketExtras,
  type PictureStart,
  type PictureTiming,
  rebuildAsRtx,
  rtpHeaderBytes,
} from './rtp-packet.js';

/** One media stream of a peer: its RTP identity as negotiated. */
export interface RtpStreamOptions {
  readonly mid: string;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly extensions: ExtensionIds;
  /** Retransmission stream; without it lost packets are sent again as they were. @see RFC 4588 */
  readonly rtx?: { readonly ssrc: number; readonly payloadType: number };
  /** Stream of parity packets. */
  readonly fec?: { readonly ssrc: number; readonly payloadType: number };
  /** Payload type under which a packet may carry the one before once more. @see RFC 2198 */
  readonly redPayloadType?: number;
  /** Random first sequence number. */
  readonly firstSequenceNumber: number;
}

/** A packet ready for the wire apart from its transport fields, which `stamp` writes. */
export interface OutgoingPacket {
  readonly packet: Buffer;
  readonly stamp: (transportSequenceNumber: number, sendTime: number, nowUs: number) => void;
  readonly retransmission: boolean;
  /** Number in the stream that the receiver will ask for; parity has none. */
  readonly mediaSequenceNumber?: number | undefined;
  /** The last packet of a picture: when the picture left the encoder, microseconds. */
  readonly encodedUs?: number | undefined;
}

/** What the packets of a picture tell besides its bytes, where negotiated. */
export interface PictureExtras {
  readonly start: PictureStart;
  /** For the receiver's statistics; not every picture needs it. */
  readonly timing?: PictureTiming | undefined;
  readonly encodedUs?: number | undefined;
}

/** Numbers of a stream for its sender report. */
export interface StreamCounters {
  readonly packets: number;
  readonly payloadBytes: number;
  readonly lastTimestamp: number;
  readonly lastTimestampUs: number;
}

/** Numbers packets of one stream and remembers them for retransmission. */
export interface RtpStream {
  readonly options: RtpStreamOptions;
  /** Packets of one picture or one audio frame. `wallUs` is the time that `timestamp` stands for. */
  packetize(
    payloads: readonly RtpPayload[],
    timestamp: number,
    wallUs: number,
    extras?: PictureExtras,
  ): OutgoingPacket[];
  /**
   * Parity of the packets of one picture that have not left yet, `parities` packets of it or a few more.
   * @returns nothing where it is not negotiated
   */
  protect(packets: readonly OutgoingPacket[], parities: number): OutgoingPacket[];
  /** What is sent for one missing packet: nothing, it once more, or twice where that was lost as well: a third wait would be a stop. */
  retransmit(sequenceNumber: number, nowMs: number, rttMs: number): OutgoingPacket[];
  /** Whether the packet may still be sent again. */
  remembers(sequenceNumber: number): boolean;
  /** Nothing sent so far will be sent again. */
  forget(): void;
  /** A packet that only takes room: the newest ones once more on the retransmission stream, where the receiver drops them. */
  padding(): OutgoingPacket | undefined;
  counters(): StreamCounters;
}

/** Creates the sending side of a stream. History is bounded; nothing else is kept. */
export function createRtpStream(options: RtpStreamOptions, history: PacketHistory = createPacketHistory()): RtpStream {
  const layout = createPacketLayout(options);
  const { rtx, fec } = options;
  // What only pictures have is in the protected packets.
  const { playoutDelay, absCaptureTime, videoTiming, ...transportExtensions } = options.extensions;
  const fecLayout = fec && createPacketLayout({ ...options, ...fec, extensions: transportExtensions });
  let nextSequenceNumber = options.firstSequenceNumber & 0xffff;
  let nextRtxSequenceNumber = (options.firstSequenceNumber * 7) & 0xffff;
  let nextFecSequenceNumber = (options.firstSequenceNumber * 11) & 0xffff;
  const counters = { packets: 0, payloadBytes: 0, lastTimestamp: 0, lastTimestampUs: 0 };
  // Also of a retransmission, which has the extensions of its original.
  const outgoing = (
    packet: Buffer,
    retransmission: boolean,
    mediaSequenceNumber: number,
    picture?: PictureExtras,
  ): OutgoingPacket => ({
    packet,
    retransmission,
    mediaSequenceNumber,
    encodedUs: picture?.encodedUs,
    stamp: (transportSequenceNumber, sendTime, nowUs) => {
      layout.stamp(packet, transportSequenceNumber, sendTime);
      if (picture?.timing) layout.stampExit(packet, picture.timing, nowUs);
    },
  });
  const asRtx = (identity: NonNullable<typeof rtx>, original: HistoryPacket) => {
    const packet = rebuildAsRtx(original.packet, { ...identity, sequenceNumber: nextRtxSequenceNumber });
    nextRtxSequenceNumber = (nextRtxSequenceNumber + 1) & 0xffff;
    return outgoing(packet, true, original.packet.readUInt16BE(2));
  };
  return {
    options,
    packetize: (payloads, timestamp, wallUs, extras) => {
      counters.lastTimestamp = timestamp;
      counters.lastTimestampUs = wallUs;
      return payloads.map(({ parts, marker, payloadType }, index) => {
        const sequenceNumber = nextSequenceNumber;
        nextSequenceNumber = (nextSequenceNumber + 1) & 0xffff;
        const isLast = index === payloads.length - 1;
        const packetExtras: PacketExtras = {
          ...(extras && index === 0 ? { start: extras.start } : {}),
          ...(extras?.timing && isLast ? { timing: extras.timing } : {}),
        };
        const packet = layout.build({ sequenceNumber, timestamp, marker, payloadType }, parts, packetExtras);
        const headerBytes = rtpHeaderBytes(packet);
        counters.packets++;
        counters.payloadBytes += packet.length - headerBytes;
        history.add(sequenceNumber, packet, headerBytes, wallUs / 1_000);
        return outgoing(packet, false, sequenceNumber, isLast ? extras : undefined);
      });
    },
    protect: (packets, parities) => {
      if (!fecLayout) return [];
      return fecGroups(packets.length, parities).map((group) => {
        const members = group.flatMap((index) => packets[index]?.packet ?? []);
        const sequenceNumber = nextFecSequenceNumber;
        nextFecSequenceNumber = (nextFecSequenceNumber + 1) & 0xffff;
        const fields = { sequenceNumber, timestamp: counters.lastTimestamp, marker: false };
        const packet = fecLayout.build(fields, [buildParity(members)]);
        const stamp: OutgoingPacket['stamp'] = (number, sendTime) => fecLayout.stamp(packet, number, sendTime);
        return { packet, retransmission: false, stamp };
      });
    },
    retransmit: (sequenceNumber, nowMs, rttMs) => {
      const original = history.take(sequenceNumber, nowMs, rttMs);
      if (!original) return [];
      const copies = Array.from({ length: original.again ? 2 : 1 }, () => original);
      return copies.map((copy) => (rtx ? asRtx(rtx, copy) : outgoing(Buffer.from(copy.packet), true, sequenceNumber)));
    },
    remembers: history.has,
    forget: history.clear,
    padding: () => {
      const original = rtx && history.recent();
      return original && asRtx(rtx, original);
    },
    counters: () => ({ ...counters }),
  };
}
