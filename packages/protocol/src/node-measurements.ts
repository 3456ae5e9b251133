import type { LatencyReport, LatencyTotals } from './latency.js';
import type { Role } from './session-envelope.js';

/** Size and rate at which a session is encoded now. */
export interface PictureDescription {
  readonly width: number;
  readonly height: number;
  /** The picture is this screen, made smaller or not. */
  readonly screen: { readonly width: number; readonly height: number };
  /** Most pictures a second. */
  readonly fps: number;
}

/** Answer to `session.describe`: of the last seconds. */
export interface SessionDescription {
  /** Null while nothing has been encoded; absent on nodes that do not tell. */
  readonly picture?: PictureDescription | null;
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
