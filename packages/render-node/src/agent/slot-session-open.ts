import type { NodeOutbox } from './node-outbox.js';
import type { SessionRecord, SlotRecordStore } from './slot-record.js';
import { createSlotSession, type SessionEvents, type SlotSession, type SlotSessionOptions } from './slot-session.js';

/** Parameters of {@link openSlotSession}. */
export interface OpenSessionOptions extends Omit<SlotSessionOptions, 'events'> {
  readonly nodeId: string;
  readonly outbox: NodeOutbox;
  readonly record: SlotRecordStore;
  readonly onProgramEnded: SessionEvents['onProgramEnded'];
}

/** Creates a session that keeps the slot's record up to date and reports to the control plane. */
export function openSlotSession(options: OpenSessionOptions): SlotSession {
  const { slot, routes, recordings, warm, runnable, publishUrl, nodeId, outbox, record } = options;
  const { sessionId, launch, stream } = options.params;
  /** A session whose slot is being taken down has no record any more. */
  const update = (patch: Partial<SessionRecord>) => {
    const { session } = record.current();
    if (session) record.update({ session: { ...session, ...patch } });
  };
  return createSlotSession({
    slot,
    routes,
    recordings,
    warm,
    runnable,
    publishUrl,
    params: { sessionId, launch, stream },
    events: {
      onProgramStarted: (program) => update({ program }),
      onProgramEnded: options.onProgramEnded,
      onClient: (connected) => outbox.push({ type: 'session.client', nodeId, sessionId, connected }),
      onPublishUrl: (url) => update({ publishUrl: url }),
      onPublishState: (state, message) => {
        outbox.push({ type: 'session.publish', nodeId, sessionId, state, message });
      },
    },
  });
}
