import type { SessionRow } from '../../db/schema.js';
import { isDue } from '../../domain/deadlines.js';
import type { CreateSessionOutcome } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import type { ConnectPlan } from './connect-peer.js';

/** A call that may command the node, or the outcome it has already. */
export type Begun =
  | { readonly type: 'plan'; readonly plan: ConnectPlan }
  | { readonly type: 'outcome'; readonly outcome: CreateSessionOutcome };

/** Shortens returning an outcome from a transaction. */
export const settled = (outcome: CreateSessionOutcome): Begun => ({ type: 'outcome', outcome });

/**
 * Until when a call that is about to command the node counts as in progress: past the command's deadline, so that a crash
 * in between blocks the user for seconds only.
 */
export function busyMark(deps: ServiceDeps, now: number): number {
  return now + deps.settings.connectMs + 1_000;
}

/** Why a user's session takes no client now; null when it does. */
export function refuseConnect(row: SessionRow, now: number): CreateSessionOutcome | null {
  if (row.state === 'ending') return { type: 'stopping' };
  if (row.state === 'ended') return { type: 'lock-timeout' };
  if (row.busyUntil !== null && !isDue(row.busyUntil, now)) return { type: 'slow-down' };
  return null;
}
