import type { RtpPayload } from './h264-packetizer.js';
import { createPacketHistory, type HistoryPacket, type PacketHistory } from './history.js';
import { createPacketLayout, type ExtensionIds, type PacketLayout } from './rtp-packet.js';

/** One media stream of a peer: its RTP identity as negotiated. */
export interface RtpStreamOptions {
  readonly mid: string;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly extensions: ExtensionIds;
  /** Retransmission stream; without it lost packets are sent again as they were. @see RFC 4588 */
  readonly rtx?: { readonly ssrc: number; readonly payloadType: number };
  /** Random first sequence number. */
  readonly firstSequenceNumber: number;
}

/** A packet ready for the wire apart from its transport fields, which `stamp` writes. */
export interface OutgoingPacket {
  readonly packet: Buffer;
  readonly stamp: (transportSequenceNumber: number, sendTime: number) => void;
  readonly retransmission: boolean;
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
  packetize(payloads: readonly RtpPayload[], timestamp: number, wallUs: number): OutgoingPacket[];
  /** The answer to one NACK entry, if there is one. */
  retransmit(sequenceNumber: number, nowMs: number, rttMs: number): OutgoingPacket | undefined;
  /** Whether the packet may still be sent again. */
  remembers(sequenceNumber: number): boolean;
  /** Nothing sent so far will be sent again. */
  forget(): void;
  /** A packet that only takes room: the newest ones once more on the retransmission stream, where the receiver drops them. */
  padding(): OutgoingPacket | undefined;
  counters(): StreamCounters;
}

function rebuildAsRtx(layout: PacketLayout, original: HistoryPacket, sequenceNumber: number): Buffer {
  const originalSequenceNumber = original.packet.subarray(2, 4);
  return layout.build(
    {
      sequenceNumber,
      timestamp: original.packet.readUInt32BE(4),
      marker: ((original.packet[1] ?? 0) & 0x80) !== 0,
    },
    [originalSequenceNumber, original.packet.subarray(original.headerBytes)],
  );
}

/** Creates the sending side of a stream. History is bounded; nothing else is kept. */
export function createRtpStream(options: RtpStreamOptions, history: PacketHistory = createPacketHistory()): RtpStream {
  const layout = createPacketLayout(options);
  const rtxLayout = options.rtx && createPacketLayout({ ...options, ...options.rtx });
  let nextSequenceNumber = options.firstSequenceNumber & 0xffff;
  let nextRtxSequenceNumber = (options.firstSequenceNumber * 7) & 0xffff;
  const counters = { packets: 0, payloadBytes: 0, lastTimestamp: 0, lastTimestampUs: 0 };
  const outgoing = (packetLayout: PacketLayout, packet: Buffer, retransmission: boolean): OutgoingPacket => ({
    packet,
    retransmission,
    stamp: (transportSequenceNumber, sendTime) => packetLayout.stamp(packet, transportSequenceNumber, sendTime),
  });
  const asRtx = (packetLayout: PacketLayout, original: HistoryPacket) => {
    const packet = rebuildAsRtx(packetLayout, original, nextRtxSequenceNumber);
    nextRtxSequenceNumber = (nextRtxSequenceNumber + 1) & 0xffff;
    return outgoing(packetLayout, packet, true);
  };
  return {
    options,
    packetize: (payloads, timestamp, wallUs) => {
      counters.lastTimestamp = timestamp;
      counters.lastTimestampUs = wallUs;
      return payloads.map(({ parts, marker }) => {
        const sequenceNumber = nextSequenceNumber;
        nextSequenceNumber = (nextSequenceNumber + 1) & 0xffff;
        const packet = layout.build({ sequenceNumber, timestamp, marker }, parts);
        counters.packets++;
        counters.payloadBytes += packet.length - layout.headerBytes;
        history.add(sequenceNumber, packet, layout.headerBytes, wallUs / 1_000);
        return outgoing(layout, packet, false);
      });
    },
    retransmit: (sequenceNumber, nowMs, rttMs) => {
      const original = history.take(sequenceNumber, nowMs, rttMs);
      if (!original) return undefined;
      if (!rtxLayout) return outgoing(layout, Buffer.from(original.packet), true);
      return asRtx(rtxLayout, original);
    },
    remembers: history.has,
    forget: history.clear,
    padding: () => {
      const original = rtxLayout && history.recent();
      return original && asRtx(rtxLayout, original);
    },
    counters: () => ({ ...counters }),
  };
}
