import { settleForeignEvents } from '../../db/session-events.js';
import { postponeClientDeadlines } from '../../db/sessions.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';

/**
 * At the start of the control plane: clients could not reconnect while it was down, so deadlines that wait for a client are
 * moved to at least the shortest grace from now. What a backup of another server has brought is history.
 */
export async function resumeSessions(deps: ServiceDeps): Promise<void> {
  const moved = await postponeClientDeadlines(deps.database.executor, deps.now() + serviceLimits.resumeGraceMs);
  const foreign = await settleForeignEvents(deps.database.executor);
  if (foreign > 0) deps.logger.info({ events: foreign }, 'the history comes from another database server');
  if (moved > 0) deps.logger.info({ sessions: moved }, 'sessions that wait for their client got more time');
}
