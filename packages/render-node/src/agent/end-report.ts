import type { NodeOutbox } from './node-outbox.js';
import type { SlotRecord, SlotRecordStore } from './slot-record.js';

/** How a session ended. */
export type SessionEnd = NonNullable<SlotRecord['ended']>;

/** Reports the end of a session; it stays in the record until the control plane has confirmed it. */
export function reportEnded(
  { nodeId, outbox }: { readonly nodeId: string; readonly outbox: NodeOutbox },
  record: SlotRecordStore,
  { sessionId, reason, exitCode }: SessionEnd,
): void {
  record.update({ ended: { sessionId, reason, exitCode } });
  outbox.push({ type: 'session.ended', nodeId, sessionId, reason, exitCode }, () => {
    if (record.current().ended?.sessionId === sessionId) record.update({ ended: null });
  });
}
