import type { NodeCommandHandlers, NodeResult } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { refusalFor, refuse } from './refusal.js';
import type { Slot } from './slot.js';
import type { SlotSession } from './slot-session.js';

type Done = NodeResult<Record<string, never>>;
const done: Done = { ok: true, value: {} };

/** Handlers of the commands that act on a session that runs already; each is idempotent. */
export function createSessionCommands(
  slots: readonly Pick<Slot, 'running'>[],
  logger: Logger,
): Pick<NodeCommandHandlers, 'peer.remove' | 'session.describe' | 'stream.publish' | 'stream.unpublish'> {
  const find = (params: { readonly slotIndex: number; readonly sessionId: string }) =>
    slots[params.slotIndex]?.running(params.sessionId) ?? null;

  async function attempt(
    method: string,
    session: SlotSession,
    act: (session: SlotSession) => Promise<void>,
  ): Promise<Done> {
    try {
      await act(session);
      return done;
    } catch (error) {
      logger.warn({ err: error, sessionId: session.params.sessionId }, `${method} refused`);
      return refusalFor(error);
    }
  }

  return {
    'session.describe': async (params) => {
      const session = find(params);
      if (!session) return refuse('slot-mismatch', `the slot does not run session ${params.sessionId}`);
      try {
        return { ok: true, value: await session.describe() };
      } catch (error) {
        return refusalFor(error);
      }
    },
    'stream.publish': async (params) => {
      const session = find(params);
      if (!session) return refuse('slot-mismatch', `the slot does not run session ${params.sessionId}`);
      return attempt('stream.publish', session, (running) => running.publish.start(params.url));
    },
    'stream.unpublish': async (params) => {
      const session = find(params);
      return session ? attempt('stream.unpublish', session, (running) => running.publish.stop()) : done;
    },
    'peer.remove': async (params) => {
      const session = find(params);
      if (!session) return done;
      const { userId, code, message } = params;
      return attempt('peer.remove', session, (running) => running.removePeer(userId, code, message));
    },
  };
}
