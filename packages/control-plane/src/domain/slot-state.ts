import { assertNever, type NodeSlotState } from '@cloudstage/protocol';
import { type DeadlineSettings, deadlineAfter } from './deadlines.js';

/** States of a slot's row. `reserved` is known only to the database; the rest follow the node's reports. */
export const slotStateNames = ['initializing', 'idle', 'reserved', 'busy', 'cleaning', 'failed'] as const;
/** Name of a slot's state. */
export type SlotStateName = (typeof slotStateNames)[number];

/** Everything the machine decides on. */
export interface SlotState {
  readonly name: SlotStateName;
  /** Session that owns the slot (`reserved`, `busy`) or was last on it (`cleaning`); null otherwise. */
  readonly sessionId: string | null;
  /** Only while `cleaning`: when to ask the node what became of it. Epoch milliseconds. */
  readonly deadlineAt: number | null;
}

/** What a node says of one slot, and what the owning session may bear. */
export interface SlotReport {
  readonly state: NodeSlotState;
  readonly sessionId: string | null;
  /**
   * False while the owning session is being started: a report written before the command arrived says `idle` and proves
   * nothing.
   */
  readonly decisive: boolean;
}

/** What can happen to a slot. */
export type SlotEvent =
  | { readonly type: 'reserved'; readonly sessionId: string }
  | { readonly type: 'occupied'; readonly sessionId: string }
  | { readonly type: 'freed'; readonly sessionId: string }
  | { readonly type: 'cleaning-begun'; readonly sessionId: string }
  | { readonly type: 'reported'; readonly report: SlotReport }
  | { readonly type: 'asked' };

/** What the caller must do, besides persisting the state. */
export type SlotEffect =
  /** The owner's program is gone: the session ends as `node-lost`. */
  | { readonly type: 'lose-session'; readonly sessionId: string }
  /** The node runs a session that the database has ended or never knew. */
  | { readonly type: 'end-on-node'; readonly sessionId: string };

/** Result of {@link transitionSlot}. */
export interface SlotTransition {
  readonly state: SlotState;
  readonly effects: readonly SlotEffect[];
}

const unchanged = (state: SlotState): SlotTransition => ({ state, effects: [] });
const bare = (name: 'initializing' | 'idle' | 'failed'): SlotState => ({ name, sessionId: null, deadlineAt: null });

/** A slot that its node has just described for the first time. */
export const newSlot: SlotState = bare('initializing');

/** True when a session holds the slot. */
export function isOwned(state: SlotState): boolean {
  return state.name === 'reserved' || state.name === 'busy';
}

function cleaning(sessionId: string | null, now: number, settings: DeadlineSettings): SlotState {
  return { name: 'cleaning', sessionId, deadlineAt: deadlineAfter(now, settings.cleaningMs) };
}

function reportOnUnowned(
  state: SlotState,
  report: SlotReport,
  now: number,
  settings: DeadlineSettings,
): SlotTransition {
  switch (report.state) {
    case 'busy': {
      const effects: SlotEffect[] =
        report.sessionId === null ? [] : [{ type: 'end-on-node', sessionId: report.sessionId }];
      return { state: state.name === 'cleaning' ? state : cleaning(report.sessionId, now, settings), effects };
    }
    case 'cleaning':
      return unchanged(state.name === 'cleaning' ? state : cleaning(report.sessionId, now, settings));
    case 'idle':
    case 'initializing':
    case 'failed':
      return unchanged(state.name === report.state ? state : bare(report.state));
    default:
      return assertNever(report.state, 'node slot state');
  }
}

function reportOnReserved(state: SlotState, owner: string, report: SlotReport): SlotTransition {
  if (report.state === 'failed') {
    return { state: bare('failed'), effects: [{ type: 'lose-session', sessionId: owner }] };
  }
  if (report.state === 'busy' && report.sessionId !== null && report.sessionId !== owner) {
    return { state, effects: [{ type: 'end-on-node', sessionId: report.sessionId }] };
  }
  return unchanged(state);
}

function reportOnBusy(
  state: SlotState,
  owner: string,
  report: SlotReport,
  now: number,
  settings: DeadlineSettings,
): SlotTransition {
  switch (report.state) {
    case 'busy': {
      if (report.sessionId === owner || report.sessionId === null) return unchanged(state);
      const endOther: SlotEffect = { type: 'end-on-node', sessionId: report.sessionId };
      if (!report.decisive) return { state, effects: [endOther] };
      return {
        state: cleaning(report.sessionId, now, settings),
        effects: [{ type: 'lose-session', sessionId: owner }, endOther],
      };
    }
    case 'cleaning':
      // The node is resetting after this session: `session.ended` carries the reason and is on its way.
      return unchanged(state);
    case 'idle':
    case 'initializing':
      if (!report.decisive) return unchanged(state);
      return { state: bare(report.state), effects: [{ type: 'lose-session', sessionId: owner }] };
    case 'failed':
      return { state: bare('failed'), effects: [{ type: 'lose-session', sessionId: owner }] };
    default:
      return assertNever(report.state, 'node slot state');
  }
}

/**
 * Applies one event. Pure. Events that name a session other than the owner are ignored: they come from a transaction that
 * lost a race, and a slot has at most one owner.
 */
export function transitionSlot(
  state: SlotState,
  event: SlotEvent,
  now: number,
  settings: DeadlineSettings,
): SlotTransition {
  switch (event.type) {
    case 'reserved':
      return unchanged(
        state.name === 'idle' ? { name: 'reserved', sessionId: event.sessionId, deadlineAt: null } : state,
      );
    case 'occupied':
      return unchanged(state.sessionId === event.sessionId && isOwned(state) ? { ...state, name: 'busy' } : state);
    case 'freed':
      return unchanged(state.sessionId === event.sessionId && isOwned(state) ? bare('idle') : state);
    case 'cleaning-begun':
      return unchanged(
        state.sessionId === event.sessionId && isOwned(state) ? cleaning(event.sessionId, now, settings) : state,
      );
    case 'asked':
      return unchanged(
        state.name === 'cleaning' ? { ...state, deadlineAt: deadlineAfter(now, settings.cleaningMs) } : state,
      );
    case 'reported':
      if (state.sessionId === null || !isOwned(state)) return reportOnUnowned(state, event.report, now, settings);
      return state.name === 'reserved'
        ? reportOnReserved(state, state.sessionId, event.report)
        : reportOnBusy(state, state.sessionId, event.report, now, settings);
    default:
      return assertNever(event, 'slot event');
  }
}
