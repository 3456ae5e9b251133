import type { LatencyReport, LatencyTotals } from './latency.js';
import type { Role } from './session-envelope.js';

/** Answer to `session.describe`: of the last seconds. */
export interface SessionDescription {
  /** Legs that all clients have in common. */
  readonly latency: LatencyReport;
  readonly peers: readonly {
    readonly userId: string;
    readonly role: Role;
    readonly connected: boolean;
    /** All legs of this client. */
    readonly latency: LatencyReport;
  }[];
}

/** Answer to `node.statistics`. */
export interface NodeStatistics {
  readonly latency: LatencyTotals;
}
