import { createLatencyLedger, type LatencyReport, type LatencyTotals } from '@cloudstage/protocol';
import { createLatencyAccount } from './account.js';
import { latencyLimits } from './limits.js';

/** What making a picture took. */
export interface SourceTimes {
  /** Null when the screen had not changed. */
  readonly grabbed: { readonly captureMs: number; readonly convertMs: number } | null;
  /** Server wall clock, microseconds. */
  readonly encodeStartUs: number;
  readonly encodeEndUs: number;
}

/** The part of the account that all peers have in common, and the reports to the agent. */
export interface SourceLatency {
  addPicture(times: SourceTimes): void;
  /** What a peer has measured. */
  addTotals(totals: LatencyTotals): void;
  report(): LatencyReport;
  /** Call about every second; `peers` is asked when a report is due. */
  tick(nowMs: number, peers: () => readonly LatencyTotals[]): void;
  /** Reports what has not been reported. */
  flush(): void;
}

/** Creates the account of one streamer; `tell` gets what is new. */
export function createSourceLatency(tell: (totals: LatencyTotals) => void): SourceLatency {
  const account = createLatencyAccount();
  const ledger = createLatencyLedger();
  let rotatedMs = 0;
  let toldMs = 0;
  const flush = () => {
    ledger.add({ counts: account.takeCounts(), repairs: {} });
    const totals = ledger.totals();
    ledger.clear();
    if (Object.keys(totals.counts).length + Object.keys(totals.repairs).length > 0) tell(totals);
  };
  return {
    addPicture: ({ grabbed, encodeStartUs, encodeEndUs }) => {
      if (grabbed) {
        account.record('capture', grabbed.captureMs);
        account.record('convert', grabbed.convertMs);
      }
      account.record('encode', (encodeEndUs - encodeStartUs) / 1_000);
    },
    addTotals: ledger.add,
    report: account.report,
    tick: (nowMs, peers) => {
      if (nowMs - rotatedMs >= latencyLimits.windowMs) {
        rotatedMs = nowMs;
        account.rotate();
      }
      if (nowMs - toldMs < latencyLimits.reportIntervalMs) return;
      toldMs = nowMs;
      for (const totals of peers()) ledger.add(totals);
      flush();
    },
    flush,
  };
}
