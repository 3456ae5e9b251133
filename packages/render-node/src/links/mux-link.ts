import type { MuxStatistics } from '@cloudstage/protocol';

/**
 * Link between the agent (caller) and the port mux (server at `<run dir>/mux.sock`). Routes live in the mux's memory; the
 * agent sends them all again when the mux was restarted.
 */

/** Start configuration of the port mux, passed as one JSON argument. */
export interface MuxConfig {
  /** Directory for `mux.sock` (0700). */
  readonly runDir: string;
  /** Listening addresses, e.g. `["0.0.0.0"]` or `["127.0.0.1"]`. */
  readonly listenAddresses: readonly string[];
  readonly udpPort: number;
  readonly tcpPort: number;
  readonly logLevel: string;
}

/** Where checks for `ufrag` go. The password lets the mux verify a first check before it spends memory on a flow. */
export interface MuxRoute {
  readonly ufrag: string;
  readonly pwd: string;
  readonly address: string;
  readonly port: number;
}

/** Cumulative counters since the mux started; the reasons of drops are in `port-mux/counters.ts`. */
export type MuxStats = MuxStatistics;

export type MuxMethods = {
  'route.set': { params: MuxRoute; result: null };
  'route.delete': { params: { readonly ufrag: string }; result: null };
  'mux.describe': {
    params: Record<string, never>;
    result: { readonly routes: readonly string[]; readonly stats: MuxStats };
  };
};
export type MuxEvents = Record<string, never>;
