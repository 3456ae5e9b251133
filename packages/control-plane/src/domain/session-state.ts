import { assertNever, type SessionEndReason } from '@cloudstage/protocol';
import { type DeadlineSettings, deadlineAfter, isDue, laterDeadline } from './deadlines.js';

/**
 * Life of a session.
 *
 * ```
 * reserved ──connect-begun──► starting ──client-connected──► running ⇄ waiting-reconnect
 *    │                           │                              │            │
 *    └──────── deadline ─────────┴────── end-requested ─────────┴── deadline ┘──► ending ──► ended
 *
 * prelaunching ──deadline──► prelaunched ──claimed──► reserved
 * ```
 *
 * A session of a preloaded project begins without a user: its program is started, given the project's time to load, and
 * then waits until ApplyConcurrent claims it.
 */
export const sessionStateNames = [
  'prelaunching',
  'prelaunched',
  'reserved',
  'starting',
  'running',
  'waiting-reconnect',
  'ending',
  'ended',
] as const;
/** Name of a session's state. */
export type SessionStateName = (typeof sessionStateNames)[number];

/** Everything the machine decides on. Times are epoch milliseconds. */
export interface SessionState {
  readonly name: SessionStateName;
  /**
   * When the state has lasted too long; null while the node owns the session's fate (`running`), a program waits for any
   * user (`prelaunched`), or it is over.
   */
  readonly deadlineAt: number | null;
  /** When the node first confirmed the program; null before. */
  readonly launchedAt: number | null;
  readonly runWithoutClient: boolean;
  readonly reconnectGraceMs: number;
  /** Set from `ending` on. */
  readonly endReason: SessionEndReason | null;
  readonly exitCode: number | null;
  readonly endedAt: number | null;
}

/** What can happen to a session. */
export type SessionEvent =
  /** The node runs the program of a `prelaunching` session; it needs `preloadMs` to load. */
  | { readonly type: 'prelaunch-started'; readonly preloadMs: number }
  /** ApplyConcurrent gives a prelaunched program to a user. */
  | { readonly type: 'claimed' }
  /** ApplyConcurrent by the user who holds it. */
  | { readonly type: 'reapplied' }
  /** CreateSession is about to command the node. */
  | { readonly type: 'connect-begun'; readonly runWithoutClient: boolean }
  /** The node runs the program and, unless there is no client, answered the offer. */
  | { readonly type: 'launched' }
  /** The node was not ready; nothing was started. */
  | { readonly type: 'not-ready' }
  /** The node could not start the program. */
  | { readonly type: 'launch-failed' }
  /** The node refused this client, or its answer is unknown; the program may run. */
  | { readonly type: 'connect-unsettled' }
  | { readonly type: 'client-connected' }
  | { readonly type: 'client-gone' }
  | { readonly type: 'end-requested'; readonly reason: SessionEndReason }
  /** The node accepted the end command. */
  | { readonly type: 'end-confirmed' }
  /** The node ended it by itself. */
  | { readonly type: 'ended-on-node'; readonly reason: SessionEndReason; readonly exitCode: number | null }
  /** The node does not run it, or is silent. */
  | { readonly type: 'node-lost' }
  | { readonly type: 'deadline' };

/** What the caller must do: the slot effects inside the same transaction, `end-on-node` after it. */
export type SessionEffect =
  /** The slot is in use from now on. */
  | { readonly type: 'occupy-slot' }
  /** The slot was never used: others may take it at once. */
  | { readonly type: 'free-slot' }
  /** The node resets the slot before others may take it. */
  | { readonly type: 'clean-slot' }
  | { readonly type: 'end-on-node'; readonly reason: SessionEndReason };

/** Result of {@link transitionSession}. */
export interface SessionTransition {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** A new reservation. */
export function reserveSession(
  options: { readonly reconnectGraceMs: number },
  now: number,
  settings: DeadlineSettings,
): SessionState {
  return {
    name: 'reserved',
    deadlineAt: deadlineAfter(now, settings.reservationMs),
    launchedAt: null,
    runWithoutClient: false,
    reconnectGraceMs: options.reconnectGraceMs,
    endReason: null,
    exitCode: null,
    endedAt: null,
  };
}

/** A session without a user, whose program is about to be started. Its slot is in use from the beginning. */
export function prelaunchSession(
  options: { readonly reconnectGraceMs: number },
  now: number,
  settings: DeadlineSettings,
): SessionState {
  return {
    ...reserveSession(options, now, settings),
    name: 'prelaunching',
    deadlineAt: deadlineAfter(now, settings.startMs),
  };
}

/** True while no user has the session: its program waits, or comes up, for whoever applies first. */
export function isUnclaimed(state: { readonly name: SessionStateName }): boolean {
  return state.name === 'prelaunching' || state.name === 'prelaunched';
}

const unchanged = (state: SessionState): SessionTransition => ({ state, effects: [] });

function ended(
  state: SessionState,
  reason: SessionEndReason,
  now: number,
  effects: readonly SessionEffect[],
): SessionTransition {
  return {
    state: { ...state, name: 'ended', deadlineAt: null, endReason: state.endReason ?? reason, endedAt: now },
    effects,
  };
}

function ending(
  state: SessionState,
  reason: SessionEndReason,
  now: number,
  settings: DeadlineSettings,
): SessionTransition {
  // Nothing runs yet. A claimed session runs already: its program belongs to this user and is handed to nobody else.
  if (state.name === 'reserved' && state.launchedAt === null) {
    return ended(state, reason, now, [{ type: 'free-slot' }]);
  }
  return {
    state: { ...state, name: 'ending', endReason: reason, deadlineAt: deadlineAfter(now, settings.endRetryMs) },
    effects: [{ type: 'end-on-node', reason }],
  };
}

function onDeadline(state: SessionState, now: number, settings: DeadlineSettings): SessionTransition {
  if (!isDue(state.deadlineAt, now)) return unchanged(state);
  switch (state.name) {
    case 'prelaunching':
      return state.launchedAt === null
        ? ending(state, 'start-failed', now, settings)
        : unchanged({ ...state, name: 'prelaunched', deadlineAt: null });
    case 'reserved':
      return ending(state, 'reservation-expired', now, settings);
    case 'starting':
      return ending(state, 'start-failed', now, settings);
    case 'waiting-reconnect':
      return ending(state, 'grace-over', now, settings);
    case 'ending':
      return ending(state, state.endReason ?? 'api', now, settings);
    case 'prelaunched':
    case 'running':
    case 'ended':
      return unchanged(state);
    default:
      return assertNever(state.name, 'session state');
  }
}

function onConnectBegun(
  state: SessionState,
  runWithoutClient: boolean,
  now: number,
  settings: DeadlineSettings,
): SessionTransition {
  const next = { ...state, runWithoutClient: state.runWithoutClient || runWithoutClient };
  if (state.name === 'reserved') {
    return {
      state: { ...next, name: 'starting', deadlineAt: deadlineAfter(now, settings.startMs) },
      effects: [{ type: 'occupy-slot' }],
    };
  }
  if (state.name === 'starting' || state.name === 'waiting-reconnect') {
    return unchanged({ ...next, deadlineAt: laterDeadline(state.deadlineAt, deadlineAfter(now, settings.startMs)) });
  }
  return unchanged(state.name === 'running' ? next : state);
}

function onLaunched(state: SessionState, now: number, settings: DeadlineSettings): SessionTransition {
  if (state.name !== 'starting' && state.name !== 'waiting-reconnect') {
    return unchanged(state.name === 'running' ? { ...state, launchedAt: state.launchedAt ?? now } : state);
  }
  const next = { ...state, launchedAt: state.launchedAt ?? now };
  if (state.runWithoutClient) return unchanged({ ...next, name: 'running', deadlineAt: null });
  return unchanged({ ...next, deadlineAt: laterDeadline(state.deadlineAt, deadlineAfter(now, settings.startMs)) });
}

function onClientGone(state: SessionState, now: number): SessionTransition {
  if (state.name !== 'running' || state.runWithoutClient) return unchanged(state);
  return unchanged({
    ...state,
    name: 'waiting-reconnect',
    deadlineAt: deadlineAfter(now, state.reconnectGraceMs),
  });
}

function onNotReady(state: SessionState, now: number, settings: DeadlineSettings): SessionTransition {
  if (state.name !== 'starting' || state.launchedAt !== null) return unchanged(state);
  return unchanged({ ...state, name: 'reserved', deadlineAt: deadlineAfter(now, settings.reservationMs) });
}

function onLaunchFailed(state: SessionState, now: number): SessionTransition {
  const isStarting = state.name === 'starting' || state.name === 'prelaunching';
  if (!isStarting || state.launchedAt !== null) return unchanged(state);
  return ended(state, 'start-failed', now, [{ type: 'clean-slot' }, { type: 'end-on-node', reason: 'start-failed' }]);
}

function onPrelaunchStarted(state: SessionState, preloadMs: number, now: number): SessionTransition {
  if (state.name !== 'prelaunching' || state.launchedAt !== null) return unchanged(state);
  return unchanged({ ...state, launchedAt: now, deadlineAt: deadlineAfter(now, preloadMs) });
}

function onClaimed(state: SessionState, now: number, settings: DeadlineSettings): SessionTransition {
  if (state.name !== 'prelaunched') return unchanged(state);
  return unchanged({ ...state, name: 'reserved', deadlineAt: deadlineAfter(now, settings.reservationMs) });
}

/**
 * Applies one event. Pure: the caller persists the state and performs the effects. `ended` is final; events that do not
 * fit a state are ignored, because reports of nodes and commands of users cross on the way.
 */
export function transitionSession(
  state: SessionState,
  event: SessionEvent,
  now: number,
  settings: DeadlineSettings,
): SessionTransition {
  if (state.name === 'ended') return unchanged(state);
  switch (event.type) {
    case 'prelaunch-started':
      return onPrelaunchStarted(state, event.preloadMs, now);
    case 'claimed':
      return onClaimed(state, now, settings);
    case 'reapplied':
      return state.name === 'reserved'
        ? unchanged({ ...state, deadlineAt: deadlineAfter(now, settings.reservationMs) })
        : unchanged(state);
    case 'connect-begun':
      return onConnectBegun(state, event.runWithoutClient, now, settings);
    case 'launched':
      return onLaunched(state, now, settings);
    case 'not-ready':
      return onNotReady(state, now, settings);
    case 'launch-failed':
      return onLaunchFailed(state, now);
    case 'connect-unsettled':
      return unchanged(state);
    case 'client-connected':
      return state.name === 'starting' || state.name === 'waiting-reconnect'
        ? unchanged({ ...state, name: 'running', deadlineAt: null, launchedAt: state.launchedAt ?? now })
        : unchanged(state);
    case 'client-gone':
      return onClientGone(state, now);
    case 'end-requested':
      return state.name === 'ending' ? unchanged(state) : ending(state, event.reason, now, settings);
    case 'end-confirmed':
      return state.name === 'ending' ? ended(state, 'api', now, [{ type: 'clean-slot' }]) : unchanged(state);
    case 'ended-on-node': {
      const next = ended(state, event.reason, now, [{ type: 'clean-slot' }]);
      return { ...next, state: { ...next.state, exitCode: event.exitCode } };
    }
    case 'node-lost':
      return ended(state, 'node-lost', now, [
        { type: state.name === 'reserved' && state.launchedAt === null ? 'free-slot' : 'clean-slot' },
      ]);
    case 'deadline':
      return onDeadline(state, now, settings);
    default:
      return assertNever(event, 'session event');
  }
}
