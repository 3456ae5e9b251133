import type { PacketArrival } from './transport-feedback.js';

/** How long the runs are in which a path loses packets: alone, or several in a row. PURE apart from its memory. */
export interface LossRuns {
  /** Packets that feedback told about, in the order of their numbers. */
  onArrivals(arrivals: readonly PacketArrival[]): void;
  /** Packets in a run, 1 where losses come alone or none were seen. */
  readonly meanPackets: number;
}

const tuning = {
  /** Of the runs before, a new one leaves this much: about twenty runs are remembered. */
  keep: 0.95,
  /** Losses are believed to come alone until as many runs as this say otherwise. */
  prior: 2,
  /** A longer run is an interruption, which no parity bridges. */
  longest: 24,
} as const;

/** No run was seen. */
export function createLossRuns(): LossRuns {
  let runs: number = tuning.prior;
  let packets: number = tuning.prior;
  let length = 0;
  let next: number | undefined;
  const end = () => {
    if (length > 0 && length <= tuning.longest) {
      runs = runs * tuning.keep + 1;
      packets = packets * tuning.keep + length;
    }
    length = 0;
  };
  return {
    onArrivals: (arrivals) => {
      for (const { sequenceNumber, arrivalUs } of arrivals) {
        // Feedback that was lost leaves a gap of which nothing is known; what is told twice counts once.
        if (next !== undefined && ((sequenceNumber - next) & 0x8000) !== 0) continue;
        if (sequenceNumber !== next) length = 0;
        next = (sequenceNumber + 1) & 0xffff;
        if (arrivalUs === null) length++;
        else end();
      }
    },
    get meanPackets() {
      return packets / runs;
    },
  };
}
