import { assertNever, isAppError, type NodeRefusalCode, type NodeResult } from '@cloudstage/protocol';
import type { SlotState } from './slot-state.js';

const passedOn: ReadonlySet<string> = new Set<NodeRefusalCode>([
  'package-unavailable',
  'entry-not-found',
  'offer-invalid',
  'codec-unsupported',
  'too-many-peers',
  'session-ending',
]);
const linkFailures: ReadonlySet<string> = new Set([
  'link-down',
  'rpc-closed',
  'rpc-busy',
  'deadline-exceeded',
  'not-configured',
]);

/** A refused command. */
export function refuse<T>(code: NodeRefusalCode, message: string): NodeResult<T> {
  return { ok: false, code, message };
}

/** Refusal code of a failed command: what the control plane can act on is named, the rest is `internal`. PURE. */
export function refusalCode(error: unknown): NodeRefusalCode {
  if (!isAppError(error)) return 'internal';
  if (passedOn.has(error.code)) return error.code as NodeRefusalCode;
  return linkFailures.has(error.code) ? 'streamer-unavailable' : 'internal';
}

/** The refusal for `error`; its message is for logs and operators. */
export function refusalFor<T>(error: unknown): NodeResult<T> {
  return refuse(refusalCode(error), error instanceof Error ? error.message : String(error));
}

/** Refusal of `session.connect` for `sessionId` in this state of the slot, or null when it may go on. PURE. */
export function slotRefusal<T>({ phase, sessionId: current }: SlotState, sessionId: string): NodeResult<T> | null {
  switch (phase) {
    case 'idle':
      return null;
    case 'busy':
      return current === sessionId ? null : refuse('slot-mismatch', `the slot runs session ${current}`);
    case 'cleaning':
      return current === sessionId
        ? refuse('session-ending', 'the session is being cleaned up')
        : refuse('slot-initializing', 'the slot is being cleaned');
    case 'initializing':
      return refuse('slot-initializing', 'the slot is being prepared');
    case 'failed':
      return refuse('internal', 'the slot cannot be made ready; see the log of the node');
    default:
      return assertNever(phase, 'slot phase');
  }
}
