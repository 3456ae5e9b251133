import { isAppError, type MediaTunnel } from '@cloudstage/protocol';
import { findSession } from '../../db/sessions.js';
import type { ServiceDeps } from '../deps.js';

/** Outcome of {@link OpenMedia}. The tunnel is the caller's to close. */
export type OpenMediaOutcome =
  | { readonly type: 'opened'; readonly tunnel: MediaTunnel }
  /** There is no such session, or its node does not run it any more. */
  | { readonly type: 'not-found' }
  | { readonly type: 'node-unreachable' };

/**
 * Opens a way from a client's WebSocket to the streamer of its session. Nothing is proved by it: the streamer asks for the
 * token that only the client of one peer was given.
 */
export type OpenMedia = (sessionId: string) => Promise<OpenMediaOutcome>;

/** Creates the use case. */
export function createOpenMedia({ database, nodeLink, settings }: ServiceDeps): OpenMedia {
  return async (sessionId) => {
    const row = await findSession(database.executor, sessionId);
    if (row === null || row.state === 'ending' || row.state === 'ended') return { type: 'not-found' };
    try {
      const params = { sessionId, slotIndex: row.slotIndex };
      const tunnel = await nodeLink.openMedia(row.nodeId, params, { deadlineMs: settings.connectMs });
      return tunnel === null ? { type: 'not-found' } : { type: 'opened', tunnel };
    } catch (error) {
      if (isAppError(error, 'node-unreachable') || isAppError(error, 'deadline-exceeded')) {
        return { type: 'node-unreachable' };
      }
      throw error;
    }
  };
}
