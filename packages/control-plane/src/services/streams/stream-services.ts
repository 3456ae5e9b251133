import type { ServiceDeps } from '../deps.js';
import type { StreamServices } from './contract.js';
import { createStartPublishStream, createStartPublishStreamWithUrl, createStartPush } from './start-publish.js';
import { createStopPublishStream } from './stop-publish.js';
import { type ResolveHost, resolveHost } from './target-address.js';

/** Builds the use cases of live pushes. */
export function createStreamServices(deps: ServiceDeps, resolve: ResolveHost = resolveHost): StreamServices {
  const start = createStartPush(deps);
  return {
    startPublishStream: createStartPublishStream(deps, start),
    startPublishStreamWithUrl: createStartPublishStreamWithUrl(deps, start, resolve),
    stopPublishStream: createStopPublishStream(deps),
  };
}
