import type { SessionStateName } from '@cloudstage/control-plane';
import { AppError, sessionEndReasons } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { defineOperation } from '../operation.js';
import { idField, inputObject } from './fields.js';

/** States in which a session has a slot. */
export const liveStates = [
  'prelaunching',
  'prelaunched',
  'reserved',
  'starting',
  'running',
  'waiting-reconnect',
  'ending',
] as const satisfies readonly SessionStateName[];

/** Sessions of all accounts. */
export const sessionOperations = {
  /** Sessions, live and past, newest first. */
  'session.query': defineOperation({
    input: inputObject({
      accountId: Type.Optional(idField()),
      projectId: Type.Optional(idField()),
      userId: Type.Optional(idField()),
      nodeId: Type.Optional(idField()),
      states: Type.Optional(Type.Array(Type.Enum([...liveStates, 'ended']), { maxItems: 16 })),
      endReasons: Type.Optional(Type.Array(Type.Enum([...sessionEndReasons]), { maxItems: 16 })),
      /** Created then or later, epoch milliseconds. */
      from: Type.Optional(Type.Integer()),
      /** Created before, epoch milliseconds. */
      to: Type.Optional(Type.Integer()),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
    }),
    run: (admin, query) => admin.querySessions(query),
  }),
  /** One session with its events and use, and while it runs with what it measures. */
  'session.show': defineOperation({
    input: inputObject({ sessionId: idField() }),
    run: async (admin, { sessionId }) => {
      const found = await admin.findSessionDetail({ sessionId });
      if (found === null) throw new AppError('session-not-found', `there is no session ${sessionId}`);
      const live = found.endedAt === null ? await admin.describeLiveSession(sessionId) : null;
      return { ...found, live };
    },
  }),
  /** What has happened since a place in the feed; without one, the place from which to go on. */
  'session.feed': defineOperation({
    input: inputObject({
      accountId: Type.Optional(idField()),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
    }),
    run: (admin, query) => admin.readSessionFeed(query),
  }),
  /** Ends a session as kicked. */
  'session.kick': defineOperation({
    input: inputObject({ sessionId: idField() }),
    run: async (admin, { sessionId }) => {
      await admin.endSession(sessionId);
      return { sessionId };
    },
  }),
} as const;
