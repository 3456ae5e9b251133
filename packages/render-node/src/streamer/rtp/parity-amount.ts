import type { PathState } from './congestion.js';

/** How much parity a picture gets. PURE. */

/** What decides about it. */
export interface ParityConditions extends Pick<PathState, 'steadyLoss' | 'queueMs' | 'competing'> {
  /** Packets that are lost in a row, on average. */
  readonly runPackets: number;
  readonly rttMs: number;
  /** Packets of the pictures lately. */
  readonly usualPackets: number;
}

/** Losses at which parity pays: one in 250 packets is rare enough for retransmission, one in five too many for parity. */
const worthwhile = { least: 0.004, most: 0.2 } as const;
/** With this much queue under all packets losses are those of a full queue, which come in rows that parity does not bring back. */
const fullQueueMs = 30;
const tuning = {
  /** A hundredth of the picture's bytes must save this much waiting, on the average of all pictures. */
  savedMs: 0.08,
  /** Of the picture's packets, at most. */
  mostShare: 0.25,
  /** Round trip while it is unknown. */
  unknownRttMs: 50,
} as const;

/**
 * Share of pictures that parity does not save. Runs of losses begin independently, have lengths as of a coin (each packet ends the run with the same
 * chance), and meet groups in turns: one is repaired when it is no longer than there are groups, two when they meet different ones.
 */
function brokenShare(parities: number, runs: number, runPackets: number): number {
  const tooLong = (1 - 1 / runPackets) ** parities;
  const none = Math.exp(-runs);
  const one = none * runs;
  const apart = Math.max(0, 1 - runPackets / parities);
  return one * tooLong + (1 - none - one) * (1 - (1 - tooLong) ** 2 * apart);
}

/**
 * Packets of parity for a picture of so many packets, 0 for no protection: as many as are worth their bytes. Where losses come alone that is one or
 * two; where they come in a row one for each packet of a usual row, because each group brings back a single packet.
 */
export function parityPacketsOf(packets: number, conditions: ParityConditions): number {
  const { steadyLoss, queueMs, competing, runPackets, rttMs, usualPackets } = conditions;
  if (competing || queueMs > fullQueueMs || steadyLoss < worthwhile.least || steadyLoss > worthwhile.most) return 0;
  const runs = (steadyLoss / runPackets) * usualPackets;
  const waitMs = rttMs > 0 ? rttMs : tuning.unknownRttMs;
  const savedMs = (parities: number) =>
    (brokenShare(parities, runs, runPackets) - brokenShare(parities + 1, runs, runPackets)) * waitMs;
  const most = Math.max(1, Math.floor(packets * tuning.mostShare));
  let parities = 1;
  // One more packet is a share of 1/usualPackets. By the usual size, so that large pictures do not become larger still.
  while (parities < most && savedMs(parities) > (tuning.savedMs * 100) / usualPackets) parities++;
  return Math.min(packets, parities);
}
