import { disconnectCodes, isAppError } from '@cloudstage/protocol';
import { deleteGuest, findGuest, type GuestKey, saveGuest } from '../../db/guests.js';
import type { Executor, SessionRow } from '../../db/schema.js';
import { insertSessionEvent } from '../../db/session-events.js';
import { findSession, lockSession } from '../../db/sessions.js';
import type { ServiceDeps } from '../deps.js';

/** Where a guest's stream comes from. */
export interface GuestPeer extends GuestKey {
  readonly sessionId: string;
  readonly nodeId: string;
  readonly slotIndex: number;
}

/** Writes that a guest came to a session or left it. */
export async function recordGuest(
  executor: Executor,
  session: SessionRow,
  event: { readonly type: 'guest-joined' | 'guest-left'; readonly userId: string; readonly at: number },
): Promise<void> {
  await insertSessionEvent(executor, {
    sessionId: session.id,
    accountId: session.accountId,
    at: event.at,
    type: event.type,
    state: session.state,
    detail: event.userId,
  });
}

/** The session that a user is a guest of, as a peer to be closed; null when there is none. */
export async function findGuestPeer(executor: Executor, key: GuestKey): Promise<GuestPeer | null> {
  const guest = await findGuest(executor, key);
  const session = guest === null ? null : await findSession(executor, guest.sessionId);
  if (session === null) return null;
  return { ...key, sessionId: session.id, nodeId: session.nodeId, slotIndex: session.slotIndex };
}

/** Closes a guest's stream on its node; false when the node did not say so in time. */
export async function closeGuestPeer(deps: ServiceDeps, peer: GuestPeer): Promise<boolean> {
  const { sessionId, slotIndex, userId } = peer;
  const params = { sessionId, slotIndex, userId, code: disconnectCodes.serverClosed, message: 'You have left.' };
  try {
    const result = await deps.nodeLink.call(peer.nodeId, 'peer.remove', params, { deadlineMs: deps.settings.endMs });
    if (!result.ok)
      deps.logger.warn({ peer, code: result.code, reply: result.message }, 'node kept the peer of a guest');
    return result.ok;
  } catch (error) {
    if (isAppError(error, 'deadline-exceeded') || isAppError(error, 'node-unreachable')) return false;
    throw error;
  }
}

/** Takes a user out of the session it is a guest of. Resolves to false when the node did not confirm: the user is asked again. */
export type RemoveGuest = (key: GuestKey) => Promise<boolean>;

/**
 * Creates the step of DestroySession that concerns guests. The guest's token dies at once; its row goes when the stream has
 * ended, so that a call that is repeated after a timeout still knows where the stream comes from.
 */
export function createRemoveGuest(deps: ServiceDeps): RemoveGuest {
  return async (key) => {
    const peer = await deps.database.transaction(async (tx) => {
      const found = await findGuestPeer(tx, key);
      if (found === null) return null;
      await lockSession(tx, found.sessionId);
      const guest = await findGuest(tx, key);
      if (guest?.sessionId !== found.sessionId) return null;
      await saveGuest(tx, { ...guest, reconnectTokenHash: null });
      return found;
    });
    if (peer === null) return true;
    if (!(await closeGuestPeer(deps, peer))) return false;
    await deps.database.transaction(async (tx) => {
      const session = await lockSession(tx, peer.sessionId);
      const guest = await findGuest(tx, key);
      // One that has come back meanwhile has a new token, and stays.
      if (session === null || guest?.sessionId !== peer.sessionId || guest.reconnectTokenHash !== null) return;
      await deleteGuest(tx, key);
      await recordGuest(tx, session, { type: 'guest-left', userId: key.userId, at: deps.now() });
    });
    return true;
  };
}
