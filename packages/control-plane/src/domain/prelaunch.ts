import { domainLimits } from './limits.js';

/** What decides how many programs a preloaded project holds in readiness. */
export interface PrelaunchFacts {
  /** Most slots of the project; null: no limit. */
  readonly concurrencyLimit: number | null;
  /** Packages, not free slots, give the project its concurrency. */
  readonly needsPackage: boolean;
  /** Slots that the project has now: sessions of users, prelaunched ones, and what is being cleaned. */
  readonly used: number;
  /** Prelaunched sessions and those that become it. */
  readonly unclaimed: number;
  /** Programs that a project without limit and packages holds. */
  readonly defaultPrelaunch: number;
}

/** Programs to start (`more` > 0) and to end (`fewer` > 0); never both. */
export interface PrelaunchDecision {
  readonly more: number;
  readonly fewer: number;
}

/**
 * How far a project is from what it should hold: every free seat of its packages, or its limit, or the default number. The
 * number to start is bounded for one look; seats and slots bound it further when they are taken.
 */
export function decidePrelaunch(facts: PrelaunchFacts): PrelaunchDecision {
  const room = facts.concurrencyLimit === null ? Number.POSITIVE_INFINITY : facts.concurrencyLimit - facts.used;
  const unlimited = facts.concurrencyLimit === null && !facts.needsPackage;
  const wanted = unlimited ? facts.defaultPrelaunch - facts.unclaimed : room;
  if (wanted < 0) return { more: 0, fewer: Math.min(-wanted, facts.unclaimed) };
  return { more: Math.min(wanted, domainLimits.maxPrelaunchesPerLook), fewer: 0 };
}

/** Pause after the last of `failures` programs that ended without a user; 0 without failures. Milliseconds. */
export function prelaunchPauseMs(failures: number): number {
  if (failures <= 0) return 0;
  const doubled = domainLimits.prelaunchFirstPauseMs * 2 ** Math.min(failures - 1, 16);
  return Math.min(doubled, domainLimits.prelaunchLongestPauseMs);
}
