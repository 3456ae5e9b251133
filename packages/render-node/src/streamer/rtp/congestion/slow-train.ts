import type { ArrivedPacket } from './arrival-groups.js';

/** Watches for a picture that comes out of the path far more slowly than it went in. */
export interface SlowTrain {
  /** Packets in the order of feedback. */
  add(packet: ArrivedPacket): void;
  /** Rate at which the newest picture comes out, while that says how fast the path is. */
  rateBps(): number | undefined;
}

const tuning = {
  /** What leaves within this is one train: a picture. */
  sentUs: 8_000,
  /** So many packets, later by so much from the first to the last, and evenly: a receiver or a radio that holds packets up lets them go at once. */
  packets: 8,
  grownUs: 30_000,
  longestGapUs: 10_000,
} as const;

/**
 * The trend of the delay needs several pictures to be sure of a queue. When a path falls to a fraction of its rate, a single picture says it while it
 * arrives: its packets come evenly and slowly. PURE apart from its memory of one picture.
 */
export function createSlowTrain(): SlowTrain {
  let first: ArrivedPacket | undefined;
  let last: ArrivedPacket | undefined;
  let packets = 0;
  let bytes = 0;
  let longestGapUs = 0;
  const start = (packet: ArrivedPacket) => {
    first = packet;
    packets = 0;
    bytes = 0;
    longestGapUs = 0;
  };
  return {
    add: (packet) => {
      if (first && packet.sentUs < first.sentUs) return;
      if (!first || !last || packet.sentUs - first.sentUs > tuning.sentUs) start(packet);
      else {
        longestGapUs = Math.max(longestGapUs, packet.arrivalUs - last.arrivalUs);
        bytes += packet.bytes;
      }
      packets++;
      last = packet;
    },
    rateBps: () => {
      if (!first || !last || packets < tuning.packets || longestGapUs > tuning.longestGapUs) return undefined;
      const spanUs = last.arrivalUs - first.arrivalUs;
      if (spanUs - (last.sentUs - first.sentUs) < tuning.grownUs) return undefined;
      return (bytes * 8_000_000) / spanUs;
    },
  };
}
