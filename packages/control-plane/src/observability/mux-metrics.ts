import type { MuxStatistics } from '@cloudstage/protocol';
import { Counter, Gauge, type Registry } from 'prom-client';
import { observabilityLimits } from './limits.js';

/** What one node's port mux counts, under the node's label. */
export interface LabelledMux {
  readonly node: string;
  readonly mux: MuxStatistics;
}

/** Numbers of the port muxes. */
export interface MuxMetrics {
  /** Replaces what is shown; nodes with the same label are added up. */
  show(nodes: readonly LabelledMux[]): void;
}

/** Reasons are named by the node: what is no name, or beyond the bound, has one label together. */
function reasonLabel(reason: string, index: number): string {
  return /^[a-z-]{1,32}$/.test(reason) && index < observabilityLimits.dropReasons ? reason : 'other';
}

/** Creates the metrics in a registry. */
export function createMuxMetrics(registry: Registry): MuxMetrics {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `cloudstage_port_mux_${name}`, help, labelNames: ['node', ...labelNames], registers });
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `cloudstage_port_mux_${name}`, help, labelNames: ['node', ...labelNames], registers });
  const routes = gauge('routes', 'Connections that clients may make to streamers, by node');
  const flows = gauge('flows', 'Addresses of clients that are led to a streamer, by node and transport', 'transport');
  const packets = counter('packets_total', 'Packets from clients (in) and to clients (out), by node', 'direction');
  const bytes = counter('bytes_total', 'Bytes of these packets', 'direction');
  const dropped = counter('dropped_packets_total', 'Packets that went nowhere, by node and reason', 'reason');
  return {
    show: (nodes) => {
      for (const each of [routes, flows, packets, bytes, dropped]) each.reset();
      for (const { node, mux } of nodes) {
        routes.inc({ node }, mux.routes);
        flows.inc({ node, transport: 'udp' }, mux.udpFlows);
        flows.inc({ node, transport: 'tcp' }, mux.tcpFlows);
        packets.inc({ node, direction: 'in' }, mux.packetsIn);
        packets.inc({ node, direction: 'out' }, mux.packetsOut);
        bytes.inc({ node, direction: 'in' }, mux.bytesIn);
        bytes.inc({ node, direction: 'out' }, mux.bytesOut);
        for (const [index, [reason, count]] of Object.entries(mux.dropped).entries()) {
          dropped.inc({ node, reason: reasonLabel(reason, index) }, count);
        }
      }
    },
  };
}
