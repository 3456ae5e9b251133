import { join } from 'node:path';
import type { Logger } from 'pino';
import type { MuxConfig, MuxEvents, MuxMethods, MuxStats } from '../links/mux-link.js';
import { serveRpc } from '../links/rpc.js';
import { checkRoute, checkUfrag } from './config.js';
import { createCounters } from './counters.js';
import { openFlowMemory } from './flow-memory.js';
import { muxLimits } from './limits.js';
import { createRelay } from './relay.js';
import { createRouteTable } from './route-table.js';
import { openTcpFront } from './tcp-front.js';
import { type Front, openUdpFront, type UdpFront } from './udp-front.js';

/** A running port mux. */
export interface PortMux {
  readonly udpPort: number;
  readonly tcpPort: number;
  stats(): MuxStats;
  /** Closes every socket and the link; idempotent. */
  close(): Promise<void>;
}

/** TCP listeners are numbered behind the UDP ones, so that a client's key is unique. */
const firstTcpListener = 32;

async function openFronts(
  deps: Parameters<typeof openTcpFront>[0],
  config: MuxConfig,
): Promise<{ udp: UdpFront[]; tcp: Front[] }> {
  const udp: UdpFront[] = [];
  const tcp: Front[] = [];
  try {
    for (const [index, address] of config.listenAddresses.entries()) {
      udp.push(await openUdpFront(deps, { address, port: config.udpPort, listener: index }));
      tcp.push(await openTcpFront(deps, { address, port: config.tcpPort, listener: firstTcpListener + index }));
    }
  } catch (error) {
    await Promise.all([...udp, ...tcp].map((front) => front.close()));
    throw error;
  }
  return { udp, tcp };
}

/**
 * Opens the public ports and serves the mux link at `<run dir>/mux.sock`. The ports are opened first: a second mux fails
 * there and leaves the link of the first one alone.
 * @throws AppError `mux-listen-failed`, or the socket's error when the link cannot be served.
 */
export async function openPortMux(config: MuxConfig, logger: Logger): Promise<PortMux> {
  const counters = createCounters();
  const clock = () => performance.now();
  const routes = createRouteTable({
    maxRoutes: muxLimits.routes,
    maxTombstones: muxLimits.tombstones,
    tombstoneMs: muxLimits.tombstoneMs,
    checksPerRoute: muxLimits.integrityChecksPerRoute,
  });
  const memory = await openFlowMemory(join(config.runDir, 'mux-flows.json'), logger);
  const onFlowsChanged = () => memory.save(() => relay.snapshot());
  const relay = createRelay({ routes, counters, clock, onFlowsChanged });
  const { udp, tcp } = await openFronts({ relay, counters, logger }, config);
  const stats = (): MuxStats => ({
    ...counters,
    dropped: { ...counters.dropped },
    routes: routes.ufrags().length,
    udpFlows: relay.countFlows('udp'),
    tcpFlows: relay.countFlows('tcp'),
  });
  const closeFronts = async () => {
    await Promise.all([...udp, ...tcp].map((front) => front.close()));
    relay.close();
  };
  const link = await serveRpc<MuxMethods, MuxEvents>(join(config.runDir, 'mux.sock'), {
    'route.set': (params) => {
      const route = checkRoute(params);
      if (routes.set(route)) relay.endRoute(route.ufrag);
      relay.restore(route, memory.take(route.ufrag), (listener) => udp[listener]?.sink);
      logger.debug({ ufrag: route.ufrag, port: route.port }, 'route set');
      return null;
    },
    'route.delete': (params) => {
      const ufrag = checkUfrag(params);
      routes.delete(ufrag, clock());
      relay.endRoute(ufrag);
      logger.debug({ ufrag }, 'route deleted');
      return null;
    },
    'mux.describe': () => ({ routes: routes.ufrags(), stats: stats() }),
  }).catch(async (error) => {
    await closeFronts();
    throw error;
  });
  const sweeper = setInterval(() => relay.sweep(), muxLimits.sweepIntervalMs);
  let closing: Promise<void> | null = null;
  const close = async () => {
    clearInterval(sweeper);
    await memory.close();
    await Promise.all([link.close(), closeFronts()]);
  };
  return {
    udpPort: udp[0]?.port ?? config.udpPort,
    tcpPort: tcp[0]?.port ?? config.tcpPort,
    stats,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
