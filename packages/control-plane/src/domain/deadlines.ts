/** Times a session or slot may spend in a state that must not last. Milliseconds. */
export interface DeadlineSettings {
  /** From ApplyConcurrent to CreateSession. */
  readonly reservationMs: number;
  /** From the start of the program to the first connected client. */
  readonly startMs: number;
  /** Pause before an end command that was not confirmed is sent again. */
  readonly endRetryMs: number;
  /** Time a slot may clean up before its node is asked about it. */
  readonly cleaningMs: number;
}

/** Point in time `durationMs` after `now`, both in epoch milliseconds. */
export function deadlineAfter(now: number, durationMs: number): number {
  return now + durationMs;
}

/** The later of two deadlines, where null means "none yet". */
export function laterDeadline(current: number | null, candidate: number): number {
  return current === null || current < candidate ? candidate : current;
}

/** True when a deadline is set and has come. */
export function isDue(deadlineAt: number | null, now: number): boolean {
  return deadlineAt !== null && deadlineAt <= now;
}
