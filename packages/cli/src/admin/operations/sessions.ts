import { defineOperation } from '../operation.js';
import { idField, inputObject } from './fields.js';

/** Sessions of all accounts. */
export const sessionOperations = {
  /** Sessions that have not ended. */
  'session.list': defineOperation({ input: inputObject({}), run: (admin) => admin.listSessions() }),
  /** Ends a session as kicked. */
  'session.kick': defineOperation({
    input: inputObject({ sessionId: idField() }),
    run: async (admin, { sessionId }) => {
      await admin.endSession(sessionId);
      return { sessionId };
    },
  }),
} as const;
