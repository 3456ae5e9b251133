import { isAppError, type SessionEndReason } from '@cloudstage/protocol';
import { lockSession } from '../../db/sessions.js';
import type { ServiceDeps } from '../deps.js';
import { sessionLogger } from './session-log.js';
import { applySessionEvent, type EndOrder } from './session-transition.js';

/** What became of a `session.end` command. Without confirmation the sweep sends it again. */
export type EndOrderResult = 'confirmed' | 'timeout' | 'unreachable' | 'refused';

/** What clients are told when their session ends. */
const messages: Readonly<Record<SessionEndReason, string>> = {
  api: 'The session was closed by the operator of this page.',
  user: 'The session was closed.',
  'program-exit': 'The program has ended.',
  'program-crash': 'The program has ended unexpectedly.',
  'grace-over': 'The session was closed because nobody was connected.',
  'reservation-expired': 'The reservation has expired.',
  'start-failed': 'The program could not be started.',
  'node-lost': 'The machine that ran the program is not available.',
  kicked: 'The session was closed by an administrator.',
  limit: 'The session has reached its longest duration.',
};

/** Sends `session.end` and, when the node has accepted it, marks the session as ended and its slot as being cleaned. */
export type SendEndOrder = (order: EndOrder) => Promise<EndOrderResult>;

/** Creates the sender of end commands. */
export function createSendEndOrder(deps: ServiceDeps): SendEndOrder {
  return async (order) => {
    try {
      const result = await deps.nodeLink.call(
        order.nodeId,
        'session.end',
        {
          sessionId: order.sessionId,
          slotIndex: order.slotIndex,
          reason: order.reason,
          message: messages[order.reason],
        },
        { deadlineMs: deps.settings.endMs },
      );
      if (!result.ok) {
        sessionLogger(deps.logger, { ...order, id: order.sessionId }).warn(
          { reason: order.reason, code: result.code, reply: result.message },
          'node refused to end a session',
        );
        return 'refused';
      }
    } catch (error) {
      if (isAppError(error, 'deadline-exceeded')) return 'timeout';
      if (isAppError(error, 'node-unreachable')) return 'unreachable';
      throw error;
    }
    await deps.database.transaction(async (tx) => {
      const row = await lockSession(tx, order.sessionId);
      if (row === null) return;
      await applySessionEvent(tx, row, { type: 'end-confirmed' }, { now: deps.now(), settings: deps.settings });
    });
    return 'confirmed';
  };
}

/** Sends orders without anybody waiting for them. */
export function sendInBackground(deps: ServiceDeps, send: SendEndOrder, orders: readonly EndOrder[]): void {
  for (const order of orders) {
    deps.background.run('session.end', async () => {
      await send(order);
    });
  }
}
