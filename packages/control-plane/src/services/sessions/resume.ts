import { postponeClientDeadlines } from '../../db/sessions.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';

/**
 * At the start of the control plane: clients could not reconnect while it was down, so deadlines that wait for a client are
 * moved to at least the shortest grace from now.
 */
export async function resumeSessions(deps: ServiceDeps): Promise<void> {
  const moved = await postponeClientDeadlines(deps.database.executor, deps.now() + serviceLimits.resumeGraceMs);
  if (moved > 0) deps.logger.info({ sessions: moved }, 'sessions that wait for their client got more time');
}
