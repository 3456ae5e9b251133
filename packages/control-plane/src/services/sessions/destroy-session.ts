import type { SessionEndReason } from '@cloudstage/protocol';
import { findGuest } from '../../db/guests.js';
import { together } from '../../db/rows.js';
import type { Executor, SessionRow, SlotRow } from '../../db/schema.js';
import { lockLiveSession, lockSession, lockSlotOfLiveSession } from '../../db/sessions.js';
import type { DestroySessionOutcome, Services } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import type { SendEndOrder } from './end-order.js';
import type { RemoveGuest } from './remove-guest.js';
import { applySessionEvent, type EndOrder } from './session-transition.js';

/** Ends one session by id, for operators. False when there is no such live session. */
export type EndSession = (sessionId: string, reason: SessionEndReason) => Promise<boolean>;

async function requestEnd(
  deps: ServiceDeps,
  tx: Executor,
  row: SessionRow,
  reason: SessionEndReason,
  slot?: SlotRow | null,
): Promise<EndOrder | null> {
  const context = { now: deps.now(), settings: deps.settings, slot };
  const applied = await applySessionEvent(tx, row, { type: 'end-requested', reason }, context);
  if (applied.row.state !== 'ending') return null;
  // Also when it was being ended already: the caller asks for an end now, and the command is idempotent.
  return { nodeId: row.nodeId, slotIndex: row.slotIndex, sessionId: row.id, reason: applied.row.endReason ?? reason };
}

/**
 * Use case DestroySession: ends the user's session, and takes the user out of a session it is a guest of. Success when
 * there is none. Once the database says `ending`, the sweep sees it through whatever the node answers now.
 */
export function createDestroySession(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
  removeGuest: RemoveGuest,
): Services['destroySession'] {
  return async (caller, input): Promise<DestroySessionOutcome> => {
    const key = { accountId: caller.accountId, userId: input.userId };
    const { order, isGuest } = await deps.database.transaction(async (tx) => {
      // One round trip to a server: they travel together, and are answered one after the other.
      const [row, slot, guest] = await together([
        lockLiveSession(tx, key),
        lockSlotOfLiveSession(tx, key),
        findGuest(tx, key),
      ]);
      const asked = row === null ? null : await requestEnd(deps, tx, row, 'api', slot);
      return { order: asked, isGuest: guest !== null };
    });
    const [left, ended] = await Promise.all([
      isGuest ? removeGuest(key) : true,
      order === null ? 'confirmed' : sendEndOrder(order),
    ]);
    return left && ended !== 'timeout' ? { type: 'destroyed' } : { type: 'timeout' };
  };
}

/** Creates the use case with which an operator ends a session. */
export function createEndSession(deps: ServiceDeps, sendEndOrder: SendEndOrder): EndSession {
  return async (sessionId, reason) => {
    const { found, order } = await deps.database.transaction(async (tx) => {
      const row = await lockSession(tx, sessionId);
      if (row === null || row.state === 'ended') return { found: false, order: null };
      return { found: true, order: await requestEnd(deps, tx, row, reason) };
    });
    if (order !== null) await sendEndOrder(order);
    return found;
  };
}
