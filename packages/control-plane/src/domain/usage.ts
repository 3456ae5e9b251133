import { assertNever } from '@cloudstage/protocol';
import { isUnclaimed, type SessionStateName } from './session-state.js';

/**
 * How a session used its slot: `active` while a client is connected or the program is meant to run without one, `idle` while
 * the slot is only kept for its user.
 */
export type UsageKind = 'idle' | 'active';

/** A closed interval, epoch milliseconds, start inclusive, end exclusive, never empty. */
export interface UsageInterval {
  readonly kind: UsageKind;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Kind of the time a session spends in a state; null when it uses nothing any more. */
export function usageKindOf(state: SessionStateName): UsageKind | null {
  switch (state) {
    case 'running':
      return 'active';
    case 'prelaunching':
    case 'prelaunched':
    case 'reserved':
    case 'starting':
    case 'waiting-reconnect':
    case 'ending':
      return 'idle';
    case 'ended':
      return null;
    default:
      return assertNever(state, 'session state');
  }
}

/** Result of {@link advanceUsage}. */
export interface UsageStep {
  /** The interval that is over; null when it goes on, or had no length. */
  readonly closed: UsageInterval | null;
  /** Start of the interval that is open now; of a session that has ended, its end. */
  readonly since: number;
}

/**
 * Follows a session from one state to the next. Intervals tile the life of the session: each starts where the one before
 * ended, the first at the reservation. The time before a user claims a prelaunched program is an interval of nobody's. A clock that was set back makes an interval empty, never negative.
 */
export function advanceUsage(
  open: { readonly state: SessionStateName; readonly since: number },
  next: SessionStateName,
  now: number,
): UsageStep {
  const kind = usageKindOf(open.state);
  const claimed = isUnclaimed({ name: open.state }) && !isUnclaimed({ name: next });
  if (kind === null || (kind === usageKindOf(next) && !claimed)) return { closed: null, since: open.since };
  const at = Math.max(now, open.since);
  return { closed: at > open.since ? { kind, startedAt: open.since, endedAt: at } : null, since: at };
}
