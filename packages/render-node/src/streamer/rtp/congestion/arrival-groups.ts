/** A packet that arrived, in the sender's and in the receiver's clock. */
export interface ArrivedPacket {
  readonly sentUs: number;
  readonly arrivalUs: number;
  readonly bytes: number;
}

/** How much longer one burst was under way than the burst before it. */
export interface GroupDelta {
  readonly sendDeltaUs: number;
  readonly arrivalDeltaUs: number;
  /** Arrival of the newer burst's last packet. */
  readonly arrivalUs: number;
  /** Rate at which the newer burst came out of the path, when it had enough packets to tell. */
  readonly trainBps: number | undefined;
}

/** Packets sent within this count as one burst: a picture leaves in less. */
const burstUs = 5_000;
/** A burst of fewer packets says nothing about the rate of the path. */
const trainPackets = 4;
/** Resolution of arrival times. */
const shortestUs = 250;

interface Group {
  readonly firstSentUs: number;
  lastSentUs: number;
  firstArrivalUs: number;
  lastArrivalUs: number;
  packets: number;
  firstBytes: number;
  bytes: number;
}

const startGroup = ({ sentUs, arrivalUs, bytes }: ArrivedPacket): Group => ({
  firstSentUs: sentUs,
  lastSentUs: sentUs,
  firstArrivalUs: arrivalUs,
  lastArrivalUs: arrivalUs,
  packets: 1,
  firstBytes: bytes,
  bytes,
});

function joins(group: Group, packet: ArrivedPacket): boolean {
  if (packet.sentUs - group.firstSentUs <= burstUs) return true;
  // Bursts that were held up together and came at once are one: their distance says nothing about a queue.
  const arrivalDeltaUs = packet.arrivalUs - group.lastArrivalUs;
  const heldUp = arrivalDeltaUs - (packet.sentUs - group.lastSentUs) < 0;
  return heldUp && arrivalDeltaUs <= burstUs && packet.arrivalUs - group.firstArrivalUs < 100_000;
}

function trainBps(group: Group): number | undefined {
  if (group.packets < trainPackets || group.lastSentUs - group.firstSentUs > burstUs) return undefined;
  const spanUs = Math.max(shortestUs, group.lastArrivalUs - group.firstArrivalUs);
  return ((group.bytes - group.firstBytes) * 8_000_000) / spanUs;
}

/**
 * Joins packets to bursts and compares each burst with the one before. PURE apart from its memory of two bursts.
 * @see draft-ietf-rmcat-gcc-02 §5.2 (pre-filtering), §5.3
 */
export function createArrivalGroups(): { add(packet: ArrivedPacket): GroupDelta | undefined } {
  let before: Group | undefined;
  let current: Group | undefined;
  const compare = (older: Group | undefined, newer: Group): GroupDelta | undefined => {
    if (!older) return undefined;
    return {
      sendDeltaUs: newer.lastSentUs - older.lastSentUs,
      arrivalDeltaUs: newer.lastArrivalUs - older.lastArrivalUs,
      arrivalUs: newer.lastArrivalUs,
      trainBps: trainBps(newer),
    };
  };
  return {
    add: (packet) => {
      if (!current) current = startGroup(packet);
      // Overtaken by others: the draft leaves such packets out.
      else if (packet.sentUs < current.firstSentUs) return undefined;
      else if (joins(current, packet)) {
        current.lastSentUs = Math.max(current.lastSentUs, packet.sentUs);
        current.lastArrivalUs = Math.max(current.lastArrivalUs, packet.arrivalUs);
        current.packets++;
        current.bytes += packet.bytes;
      } else {
        const delta = compare(before, current);
        before = current;
        current = startGroup(packet);
        return delta;
      }
      return undefined;
    },
  };
}
