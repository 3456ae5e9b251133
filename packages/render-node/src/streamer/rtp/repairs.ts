import type { PathState } from './congestion.js';
import { rtpLimits } from './limits.js';
import { createLossRuns } from './loss-runs.js';
import { createLostSends } from './lost-sends.js';
import { parityPacketsOf } from './parity-amount.js';
import { createRepairShare } from './repair-share.js';
import type { OutgoingPacket } from './rtp-stream.js';
import type { PacketArrival } from './transport-feedback.js';

/** Memory of what was sent, for repairs that nobody asked for and for what repairs cost. PURE apart from that memory. */
export interface Repairs {
  /** A packet of pictures left. `isProbe`: it would not have been sent to show or repair anything. */
  onSent(packet: OutgoingPacket, transportNumber: number, isProbe: boolean, nowUs: number): void;
  /** Numbers of the stream that feedback reports missing, where losses are those of the path and few. */
  missingOf(arrivals: readonly PacketArrival[]): number[];
  /** Share of what is sent that repairs losses. */
  readonly share: number;
  /** Packets of parity that are worth their bytes for a picture of so many packets; 0 for no protection. */
  parityOf(packets: number, path: PathState, rttMs: number): number;
}

/** Weight of a picture in what counts as the usual size. */
const usualWeight = 0.1;

/** Nothing was sent yet. */
export function createRepairs(): Repairs {
  const lostSends = createLostSends();
  const lossRuns = createLossRuns();
  const repairShare = createRepairShare();
  let usualPackets = 0;
  return {
    onSent: (packet, transportNumber, isProbe, nowUs) => {
      const { retransmission, mediaSequenceNumber } = packet;
      const isRepair = retransmission || mediaSequenceNumber === undefined;
      if (!isProbe) repairShare.onSent(packet.packet.length, isRepair, nowUs);
      if (mediaSequenceNumber !== undefined) lostSends.onSent(transportNumber, mediaSequenceNumber);
    },
    missingOf: (arrivals) => {
      lossRuns.onArrivals(arrivals);
      const lost = arrivals.flatMap(({ sequenceNumber, arrivalUs }) =>
        arrivalUs === null ? (lostSends.onLost(sequenceNumber) ?? []) : [],
      );
      return lost.length > rtpLimits.unaskedRepairs ? [] : lost;
    },
    get share() {
      return repairShare.share;
    },
    parityOf: (packets, path, rttMs) => {
      usualPackets = usualPackets === 0 ? packets : usualPackets * (1 - usualWeight) + packets * usualWeight;
      return parityPacketsOf(packets, { ...path, rttMs, usualPackets, runPackets: lossRuns.meanPackets });
    },
  };
}
