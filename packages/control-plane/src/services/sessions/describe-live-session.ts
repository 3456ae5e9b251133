import type { SessionDescription } from '@cloudstage/protocol';
import { findSession } from '../../db/sessions.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';

/**
 * What a session measures of itself right now, from its node; nothing of it is stored. Null: there is no such session, it has
 * ended, or its node does not answer in time.
 */
export type DescribeLiveSession = (sessionId: string) => Promise<SessionDescription | null>;

/** Creates the use case. */
export function createDescribeLiveSession(deps: ServiceDeps): DescribeLiveSession {
  return async (sessionId) => {
    const row = await findSession(deps.database.executor, sessionId);
    if (row === null || row.endedAt !== null) return null;
    const { nodeId, slotIndex } = row;
    try {
      const options = { deadlineMs: serviceLimits.statisticsMs };
      const answer = await deps.nodeLink.call(nodeId, 'session.describe', { sessionId, slotIndex }, options);
      return answer.ok ? answer.value : null;
    } catch (error) {
      deps.logger.debug({ err: error, sessionId, nodeId }, 'a node did not describe its session');
      return null;
    }
  };
}
