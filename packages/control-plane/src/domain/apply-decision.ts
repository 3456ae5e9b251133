import type { SessionStateName } from './session-state.js';

/** The user's live session, as far as ApplyConcurrent cares. */
export interface HeldSession {
  readonly stateName: Exclude<SessionStateName, 'ended'>;
  readonly projectId: string;
  readonly applicationId: string;
  readonly applicationVersionId: string;
  /** A CreateSession call is in progress. */
  readonly busy: boolean;
}

/** What ApplyConcurrent wants; `''` means "whatever it is". */
export interface ApplyWish {
  readonly projectId: string;
  readonly applicationId: string;
  readonly applicationVersionId: string;
}

/** What to do about a session that the user already holds. */
export type HeldSessionDecision = 'keep' | 'replace' | 'stopping' | 'slow-down';

/**
 * A user holds one session at a time. The same wish keeps it (re-apply returns the former slot); another wish replaces it,
 * except while a CreateSession call on it is in progress.
 */
export function decideHeldSession(held: HeldSession, wish: ApplyWish): HeldSessionDecision {
  if (held.stateName === 'ending') return 'stopping';
  const sameProgram =
    held.projectId === wish.projectId &&
    (wish.applicationId === '' || wish.applicationId === held.applicationId) &&
    (wish.applicationVersionId === '' || wish.applicationVersionId === held.applicationVersionId);
  if (sameProgram) return 'keep';
  return held.busy ? 'slow-down' : 'replace';
}
