import Fastify, { type FastifyInstance } from 'fastify';
import type { ControlPlaneConfig } from '../config.js';
import type { Gauges } from './gauges.js';
import type { Metrics } from './metrics.js';
import { registerMetrics } from './metrics-route.js';

/** `/metrics` on the API's server, or on a server of its own when the configuration gives it a port. */
export interface MetricsServer {
  /** Listens on the port of its own, if there is one. */
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Creates the route where the configuration wants it. */
export function createMetricsServer(
  config: ControlPlaneConfig['metrics'],
  parts: { readonly api: FastifyInstance; readonly metrics: Metrics; readonly gauges: Gauges },
): MetricsServer {
  const { api, metrics, gauges } = parts;
  const route = { metrics, gauges, token: config.token };
  if (config.port === 0) {
    registerMetrics(api, { ...route, isOwnPort: false });
    return { listen: () => Promise.resolve(), close: () => Promise.resolve() };
  }
  const server = Fastify({ logger: false, forceCloseConnections: true });
  registerMetrics(server, { ...route, isOwnPort: true });
  return {
    listen: async () => {
      await server.listen({ host: config.listenAddress, port: config.port });
    },
    close: () => server.close(),
  };
}
