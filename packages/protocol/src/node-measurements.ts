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

/** What a node's port mux counts; packets, bytes and drops since its start. */
export interface MuxStatistics {
  /** Connections that clients may make to streamers. */
  readonly routes: number;
  /** Addresses of clients that are led to a streamer. */
  readonly udpFlows: number;
  readonly tcpFlows: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Packets that went nowhere, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** Answer to `node.statistics`. */
export interface NodeStatistics {
  readonly latency: LatencyTotals;
  /** Absent while the port mux does not answer. */
  readonly mux?: MuxStatistics;
}
