/** What is to be said of a package. */
export const packageStatusNames = ['normal', 'draining', 'expired'] as const;
/** Status of a package: see {@link decidePackageStatus}. */
export type PackageStatus = (typeof packageStatusNames)[number];

/** Facts of a package's status. */
export interface PackageFacts {
  readonly state: 'active' | 'expired' | 'revoked';
  readonly expiresAt: number | null;
  /** Seats whose session stays from before: of another project, or above the amount. */
  readonly draining: number;
}

/**
 * `expired`: grants nothing until the expiry is moved. `draining`: sessions of before a change (moved, unbound, shrunk,
 * revoked) still run on it; they go on to their end, and their seats come free then.
 */
export function decidePackageStatus(facts: PackageFacts, now: number): PackageStatus {
  if (facts.state === 'revoked') return 'draining';
  if (facts.state === 'expired' || (facts.expiresAt !== null && facts.expiresAt <= now)) return 'expired';
  return facts.draining > 0 ? 'draining' : 'normal';
}

/** Seats to add or remove so that a package has `amount` of them. */
export interface ResizeFacts {
  readonly amount: number;
  /** Seats that count now, taken or free. */
  readonly regular: number;
  readonly free: number;
  /** Taken seats above the former amount. */
  readonly surplus: number;
}

/** What to do with a package's seats; taken ones are never removed, only marked. */
export interface ResizeDecision {
  /** Surplus seats that count again. */
  readonly restore: number;
  readonly add: number;
  /** Free seats to remove. */
  readonly remove: number;
  /** Taken seats that go when their session does. */
  readonly mark: number;
}

/** Resizes with as little disturbance as there is: free seats go first, draining ones come back first. */
export function decideResize(facts: ResizeFacts): ResizeDecision {
  const missing = facts.amount - facts.regular;
  if (missing >= 0) {
    const restore = Math.min(missing, facts.surplus);
    return { restore, add: missing - restore, remove: 0, mark: 0 };
  }
  const remove = Math.min(-missing, facts.free);
  return { restore: 0, add: 0, remove, mark: -missing - remove };
}
