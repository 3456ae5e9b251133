import { isAppError } from '@cloudstage/protocol';
import { setPublishState } from '../../db/publishes.js';
import { lockLiveSession } from '../../db/sessions.js';
import type { ServiceDeps } from '../deps.js';
import type { StreamServices } from './contract.js';
import { hasProgram } from './start-publish.js';

/** Use case StopPublishStream. The wish is gone at once, so that no restart of a node brings the push back. */
export function createStopPublishStream(deps: ServiceDeps): StreamServices['stopPublishStream'] {
  return async (caller, { userId }) => {
    const row = await deps.database.transaction(async (tx) => {
      const found = await lockLiveSession(tx, { accountId: caller.accountId, userId });
      if (found === null || !hasProgram(found)) return null;
      await setPublishState(tx, { sessionId: found.id, state: 'stopped', message: '', now: deps.now() });
      return found;
    });
    if (row === null) return { type: 'session-not-found' };
    try {
      const params = { sessionId: row.id, slotIndex: row.slotIndex };
      await deps.nodeLink.call(row.nodeId, 'stream.unpublish', params, { deadlineMs: deps.settings.connectMs });
    } catch (error) {
      // A node that is away pushes on; its caller must know.
      if (isAppError(error, 'deadline-exceeded') || isAppError(error, 'node-unreachable')) return { type: 'timeout' };
      throw error;
    }
    return { type: 'stopped' };
  };
}
