import type { SentPacket } from '../congestion.js';
import { rtpLimits } from '../limits.js';

/** A packet and what is known of it. */
export interface TrackedPacket extends SentPacket {
  /** Feedback said that it did not arrive; a later one may say otherwise. */
  missing: boolean;
  inFlight: boolean;
}

/** Packets on their way, until feedback names them. */
export interface SentPackets {
  add(packet: SentPacket): void;
  /** The packet of a 16 bit number, if it is remembered. */
  find(sequenceNumber: number): TrackedPacket | undefined;
  /** It arrived: nothing more will be asked about it. */
  remove(packet: TrackedPacket): void;
  /** It is not on the path any more. */
  land(packet: TrackedPacket): void;
  /** Bytes that have neither arrived nor were reported missing, of packets sent after `sinceUs`. */
  inFlightBytes(sinceUs: number): number;
}

/** Bounded by {@link rtpLimits}: the oldest is forgotten first. */
export function createSentPackets(): SentPackets {
  const packets = new Map<number, TrackedPacket>();
  let inFlightBytes = 0;
  const land = (packet: TrackedPacket) => {
    if (packet.inFlight) inFlightBytes -= packet.bytes;
    packet.inFlight = false;
  };
  const remove = (packet: TrackedPacket) => {
    land(packet);
    packets.delete(packet.sequenceNumber);
  };
  return {
    add: (packet) => {
      const older = packets.get(packet.sequenceNumber);
      if (older) remove(older);
      packets.set(packet.sequenceNumber, { ...packet, missing: false, inFlight: true });
      inFlightBytes += packet.bytes;
      for (const oldest of packets.values()) {
        if (packets.size <= rtpLimits.sentPackets && packet.sentUs - oldest.sentUs < rtpLimits.sentPacketsUs) break;
        remove(oldest);
      }
    },
    find: (sequenceNumber) => packets.get(sequenceNumber),
    remove,
    land,
    inFlightBytes: (sinceUs) => {
      for (const packet of packets.values()) {
        if (packet.sentUs > sinceUs) break;
        land(packet);
      }
      return inFlightBytes;
    },
  };
}
