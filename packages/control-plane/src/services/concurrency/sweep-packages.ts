import { expirePackages, removeDrained } from '../../db/packages.js';
import type { ServiceDeps } from '../deps.js';

/** Records what time does to packages. Part of the sweep. */
export type SweepPackages = () => Promise<void>;

/**
 * Creates the use case: expiry is recorded (it counts without that, too), and what has drained is removed. Sessions on an
 * expired package run to their end.
 */
export function createSweepPackages(deps: ServiceDeps): SweepPackages {
  return async () => {
    const expired = await expirePackages(deps.database.executor, deps.now());
    if (expired.length > 0) deps.logger.info({ packageIds: expired }, 'concurrency packages have expired');
    const removed = await deps.database.transaction(removeDrained);
    if (removed.length > 0) deps.logger.info({ packageIds: removed }, 'revoked concurrency packages have drained');
  };
}
