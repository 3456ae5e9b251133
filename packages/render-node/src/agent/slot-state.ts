import { assertNever, type NodeSlotState, type SessionEndReason } from '@cloudstage/protocol';
import { backoffMs } from './backoff.js';
import { agentLimits } from './limits.js';

/** Life of a slot: `initializing → idle → busy → cleaning → idle`, and `failed` when it cannot be made ready. */
export interface SlotState {
  readonly phase: NodeSlotState;
  /** Session that runs, or whose remains are being cleaned. */
  readonly sessionId: string | null;
  /** Failed attempts to make the slot ready, in a row. */
  readonly failures: number;
  /** When the slot became ready, monotonic milliseconds. */
  readonly readySinceMs: number | null;
}

/** What happens to a slot. */
export type SlotEvent =
  /** Display, sound and streamer stand. */
  | { readonly type: 'warmed' }
  | { readonly type: 'warm-failed' }
  /** After a restart of the agent: everything still stands, perhaps with a session. */
  | { readonly type: 'adopted'; readonly sessionId: string | null }
  | { readonly type: 'session-started'; readonly sessionId: string }
  | {
      readonly type: 'session-ended';
      readonly sessionId: string;
      readonly reason: SessionEndReason;
      readonly exitCode: number | null;
    }
  /** The session's first command was refused; the refusal is the report. */
  | { readonly type: 'start-failed'; readonly sessionId: string }
  /** Display or sound died, or the streamer does not start any more. */
  | { readonly type: 'host-died' }
  | { readonly type: 'retry-due' };

/** What the caller must do, in this order. */
export type SlotEffect =
  | {
      readonly type: 'report-ended';
      readonly sessionId: string;
      readonly reason: SessionEndReason;
      readonly exitCode: number | null;
    }
  | { readonly type: 'report-state' }
  /** Tear everything down and make it anew after `delayMs`; then `warmed` or `warm-failed`. */
  | { readonly type: 'recycle'; readonly delayMs: number }
  /** Send `retry-due` after `delayMs`. */
  | { readonly type: 'retry-later'; readonly delayMs: number };

/** Result of {@link stepSlot}. */
export interface SlotStep {
  readonly state: SlotState;
  readonly effects: readonly SlotEffect[];
}

/** A slot at the agent's start. */
export const initialSlotState: SlotState = { phase: 'initializing', sessionId: null, failures: 0, readySinceMs: null };

function fail(state: SlotState, now: number): SlotStep {
  const stood = state.readySinceMs !== null && now - state.readySinceMs >= agentLimits.stableMs;
  const failures = (stood ? 0 : state.failures) + 1;
  if (failures > agentLimits.warmFailures) {
    return {
      state: { phase: 'failed', sessionId: null, failures, readySinceMs: null },
      effects: [{ type: 'report-state' }, { type: 'retry-later', delayMs: agentLimits.failedRetryMs }],
    };
  }
  const phase = state.phase === 'cleaning' ? 'cleaning' : 'initializing';
  return {
    state: { phase, sessionId: phase === 'cleaning' ? state.sessionId : null, failures, readySinceMs: null },
    effects: [
      ...(phase === state.phase ? [] : [{ type: 'report-state' } as const]),
      { type: 'recycle', delayMs: backoffMs(failures, agentLimits.warmRetryMinMs, agentLimits.warmRetryMaxMs) },
    ],
  };
}

function endSession(state: SlotState, reason: SessionEndReason, exitCode: number | null, failures: number): SlotStep {
  return {
    state: { phase: 'cleaning', sessionId: state.sessionId, failures, readySinceMs: null },
    effects: [
      ...(state.sessionId === null
        ? []
        : [{ type: 'report-ended', sessionId: state.sessionId, reason, exitCode } as const]),
      { type: 'report-state' },
      { type: 'recycle', delayMs: 0 },
    ],
  };
}

/**
 * Next state of a slot. PURE. Events that do not fit the phase change nothing: they arrive late, from processes of a session
 * that is already being cleaned up.
 * @param now monotonic milliseconds.
 */
export function stepSlot(state: SlotState, event: SlotEvent, now: number): SlotStep {
  const ignored: SlotStep = { state, effects: [] };
  switch (event.type) {
    case 'warmed':
      if (state.phase !== 'initializing' && state.phase !== 'cleaning') return ignored;
      return {
        state: { phase: 'idle', sessionId: null, failures: state.failures, readySinceMs: now },
        effects: [{ type: 'report-state' }],
      };
    case 'warm-failed':
      return state.phase === 'initializing' || state.phase === 'cleaning' ? fail(state, now) : ignored;
    case 'adopted':
      if (state.phase !== 'initializing') return ignored;
      return {
        state: {
          phase: event.sessionId === null ? 'idle' : 'busy',
          sessionId: event.sessionId,
          failures: 0,
          readySinceMs: now,
        },
        effects: [{ type: 'report-state' }],
      };
    case 'session-started':
      if (state.phase !== 'idle') return ignored;
      return {
        state: { phase: 'busy', sessionId: event.sessionId, failures: 0, readySinceMs: state.readySinceMs },
        effects: [{ type: 'report-state' }],
      };
    case 'session-ended':
      if (state.phase !== 'busy' || state.sessionId !== event.sessionId) return ignored;
      return endSession(state, event.reason, event.exitCode, 0);
    case 'start-failed':
      if (state.phase !== 'busy' || state.sessionId !== event.sessionId) return ignored;
      return {
        state: { phase: 'cleaning', sessionId: event.sessionId, failures: 0, readySinceMs: null },
        effects: [{ type: 'report-state' }, { type: 'recycle', delayMs: 0 }],
      };
    case 'host-died':
      if (state.phase === 'busy') return endSession(state, 'program-crash', null, 0);
      return state.phase === 'idle' ? fail(state, now) : ignored;
    case 'retry-due':
      if (state.phase !== 'failed') return ignored;
      return {
        state: { ...state, phase: 'initializing', failures: 0 },
        effects: [{ type: 'report-state' }, { type: 'recycle', delayMs: 0 }],
      };
    default:
      return assertNever(event, 'slot event');
  }
}
