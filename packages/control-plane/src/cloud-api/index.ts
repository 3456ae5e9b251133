import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Services } from '../services/contract.js';
import { type CloudApiConfig, defaultCloudApiConfig } from './config.js';
import { cloudApiServerLimits } from './limits.js';
import { createRateLimiter } from './rate-limit.js';
import { registerReconnectRoute } from './reconnect-route.js';
import { type CloudApiRouteDeps, registerApiRoute } from './route.js';

export { type CloudApiConfig, defaultCloudApiConfig } from './config.js';
export { cloudApiServerOptions } from './server-options.js';

/** What {@link registerCloudApi} needs. */
export interface CloudApiDeps {
  readonly services: Services;
  readonly logger: Logger;
  /** Missing settings take their defaults. */
  readonly config?: Partial<CloudApiConfig>;
  /** Unix milliseconds; default the system clock. */
  readonly now?: () => number;
}

/**
 * Registers the cloud API (`GET /`, `POST /`) and `POST /reconnect` on a Fastify 5 server, which must have been created with
 * {@link cloudApiServerOptions}. Other paths stay free; nothing has to be closed.
 */
export function registerCloudApi(fastify: FastifyInstance, deps: CloudApiDeps): void {
  const now = deps.now ?? Date.now;
  const routeDeps: CloudApiRouteDeps = {
    services: deps.services,
    logger: deps.logger,
    config: { ...defaultCloudApiConfig, ...deps.config },
    rateLimiter: createRateLimiter({ maxKeys: cloudApiServerLimits.rateBuckets, now }),
    now,
  };
  registerApiRoute(fastify, routeDeps);
  registerReconnectRoute(fastify, routeDeps);
}
