import type { SessionRow } from '../db/schema.js';
import { findSession } from '../db/sessions.js';
import type { CreateSessionInput } from '../services/contract.js';
import { applyInput, createInput, type Harness, until } from './harness.testkit.js';
import type { NodeSimulator } from './node-simulator.testkit.js';

/** What users do, in the words of the tests; whatever does not succeed throws. */
export interface Users {
  /** ApplyConcurrent. */
  reserve(userId: string): Promise<string>;
  /** ApplyConcurrent and CreateSession; no client is connected yet. */
  start(userId: string, extra?: Partial<CreateSessionInput>): Promise<string>;
  /** The same, and the client connects. */
  play(userId: string): Promise<string>;
  row(sessionId: string): Promise<SessionRow>;
  /** Waits until a session has ended. */
  ended(sessionId: string): Promise<SessionRow>;
}

/** Creates the users of a harness and its node. */
export function createUsers(harness: Harness, node: NodeSimulator): Users {
  const row = async (sessionId: string): Promise<SessionRow> => {
    const found = await findSession(harness.database.executor, sessionId);
    if (found === null) throw new Error(`there is no session ${sessionId}`);
    return found;
  };
  const users: Users = {
    reserve: async (userId) => {
      const outcome = await harness.services.applyConcurrent(harness.caller, applyInput(harness, userId));
      if (outcome.type !== 'reserved') throw new Error(`not reserved: ${outcome.type}`);
      return outcome.sessionId;
    },
    start: async (userId, extra = {}) => {
      await users.reserve(userId);
      const outcome = await harness.services.createSession(harness.caller, createInput(userId, extra));
      if (outcome.type !== 'created') throw new Error(`not created: ${outcome.type}`);
      return outcome.sessionId;
    },
    play: async (userId) => {
      const sessionId = await users.start(userId);
      await node.clientConnected(sessionId, true);
      return sessionId;
    },
    row,
    ended: (sessionId) =>
      until(`session ${sessionId} to end`, async () => {
        const found = await row(sessionId);
        return found.state === 'ended' ? found : null;
      }),
  };
  return users;
}
