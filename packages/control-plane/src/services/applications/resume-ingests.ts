import { endAllLeases } from '../../db/ingest-jobs.js';
import type { ServiceDeps } from '../deps.js';

/** At the start of the only control plane: nobody else can be at work on a package, so no lease has to be waited for. */
export async function resumeIngests(deps: ServiceDeps): Promise<void> {
  if (!deps.database.exclusive) return;
  const interrupted = await endAllLeases(deps.database.executor, deps.now());
  if (interrupted > 0) deps.logger.warn({ interrupted }, 'versions whose creation was interrupted are created anew');
}
