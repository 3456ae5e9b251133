import { rtpLimits } from './limits.js';

/** One packet that may be sent again. */
interface Entry {
  readonly packet: Buffer;
  readonly headerBytes: number;
  readonly sentMs: number;
  lastResendMs: number;
  resends: number;
}

/** A packet to send again: its bytes as first sent (apart from transport fields) and where its payload begins. */
export interface HistoryPacket {
  readonly packet: Buffer;
  readonly headerBytes: number;
  /** It has been sent again before, in vain. */
  readonly again?: boolean;
}

/** Packets of one stream that a receiver may ask for again; bounded in number, bytes and age. */
export interface PacketHistory {
  add(sequenceNumber: number, packet: Buffer, headerBytes: number, nowMs: number): void;
  /**
   * The packet to resend, or undefined when it is unknown, too old, was sent again less than a round trip ago, or has
   * used up its resends. A returned packet counts as resent.
   */
  take(sequenceNumber: number, nowMs: number, rttMs: number): HistoryPacket | undefined;
  has(sequenceNumber: number): boolean;
  /** Forgets everything: a key frame will make it worthless. */
  clear(): void;
  /** The largest of the newest packets, for padding. Does not count as resent. */
  recent(): HistoryPacket | undefined;
  readonly size: number;
  readonly bytes: number;
}

/** Bounds of a history; the defaults are {@link rtpLimits}. */
export interface HistoryBounds {
  readonly packets: number;
  readonly bytes: number;
  readonly ageMs: number;
}

/** Newest packets that padding chooses from: the parts of a small picture. */
const recentPackets = 8;

/** Creates an empty history. Insertion order is sending order, so eviction looks at the oldest entries only. */
export function createPacketHistory(
  bounds: HistoryBounds = {
    packets: rtpLimits.historyPackets,
    bytes: rtpLimits.historyBytes,
    ageMs: rtpLimits.historyAgeMs,
  },
): PacketHistory {
  const entries = new Map<number, Entry>();
  let bytes = 0;
  const newest: HistoryPacket[] = [];
  let added = 0;
  const remove = (key: number, entry: Entry) => {
    entries.delete(key);
    bytes -= entry.packet.length;
  };
  const evict = (nowMs: number) => {
    for (const [key, entry] of entries) {
      const overfull = entries.size > bounds.packets || bytes > bounds.bytes;
      if (!overfull && nowMs - entry.sentMs <= bounds.ageMs) return;
      remove(key, entry);
    }
  };
  return {
    add: (sequenceNumber, packet, headerBytes, nowMs) => {
      const key = sequenceNumber & 0xffff;
      const older = entries.get(key);
      if (older) remove(key, older);
      entries.set(key, { packet, headerBytes, sentMs: nowMs, lastResendMs: Number.NEGATIVE_INFINITY, resends: 0 });
      bytes += packet.length;
      newest[added++ % recentPackets] = { packet, headerBytes };
      evict(nowMs);
    },
    take: (sequenceNumber, nowMs, rttMs) => {
      const entry = entries.get(sequenceNumber & 0xffff);
      if (!entry || nowMs - entry.sentMs > bounds.ageMs || entry.resends >= rtpLimits.resendsPerPacket)
        return undefined;
      if (nowMs - entry.lastResendMs < Math.max(rttMs, rtpLimits.resendIntervalMs)) return undefined;
      entry.lastResendMs = nowMs;
      entry.resends++;
      return { packet: entry.packet, headerBytes: entry.headerBytes, again: entry.resends > 1 };
    },
    has: (sequenceNumber) => entries.has(sequenceNumber & 0xffff),
    clear: () => {
      entries.clear();
      bytes = 0;
    },
    recent: () => newest.toSorted((a, b) => b.packet.length - a.packet.length)[0],
    get size() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
  };
}
