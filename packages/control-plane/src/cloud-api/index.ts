import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Services } from '../services/contract.js';
import { createAuthThrottle } from './auth-throttle.js';
import { type CloudApiConfig, defaultCloudApiConfig } from './config.js';
import { cloudApiServerLimits } from './limits.js';
import { type ApiObserver, noObserver } from './observer.js';
import { createRateLimiter } from './rate-limit.js';
import { registerReconnectRoute } from './reconnect-route.js';
import { type CloudApiRouteDeps, registerApiRoute } from './route.js';

export { type CloudApiConfig, defaultCloudApiConfig } from './config.js';
export type { ApiObserver } from './observer.js';
export { cloudApiServerOptions } from './server-options.js';

/** What {@link registerCloudApi} needs. */
export interface CloudApiDeps {
  readonly services: Services;
  readonly logger: Logger;
  /** Missing settings take their defaults. */
  readonly config?: Partial<CloudApiConfig>;
  /** Unix milliseconds; default the system clock. */
  readonly now?: () => number;
  /** Watches the calls; default nobody. */
  readonly observer?: ApiObserver;
}

/**
 * Registers the cloud API (`GET /`, `POST /`) and `POST /reconnect` on a Fastify 5 server, which must have been created with
 * {@link cloudApiServerOptions}. Other paths stay free; nothing has to be closed.
 */
export function registerCloudApi(fastify: FastifyInstance, deps: CloudApiDeps): void {
  const now = deps.now ?? Date.now;
  const config = { ...defaultCloudApiConfig, ...deps.config };
  const routeDeps: CloudApiRouteDeps = {
    services: deps.services,
    logger: deps.logger,
    config,
    throttle: createAuthThrottle({ failuresPerSecond: config.authFailureRateLimit, now }),
    observer: deps.observer ?? noObserver,
    rateLimiter: createRateLimiter({ maxKeys: cloudApiServerLimits.rateBuckets, now }),
    now,
  };
  registerApiRoute(fastify, routeDeps);
  registerReconnectRoute(fastify, routeDeps);
}
