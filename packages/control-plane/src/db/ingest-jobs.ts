import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import { type ApplicationVersionRow, applicationVersions, type Executor } from './schema.js';

/** Who works on a version, and until when nobody else may. */
export interface Lease {
  readonly owner: string;
  readonly until: number;
}

/**
 * Takes the oldest version that waits to be unpacked and that nobody works on, and counts the attempt. Those that another
 * control plane is just taking are skipped. Null when there is none.
 */
export async function claimIngest(
  executor: Executor,
  now: number,
  lease: Lease,
): Promise<ApplicationVersionRow | null> {
  const [claimed] = await rows<{ id: string }>(
    executor,
    sql`UPDATE application_versions SET lease_owner = ${lease.owner}, lease_until = ${lease.until}::bigint, attempts = attempts + 1
        WHERE id = (SELECT id FROM application_versions
          WHERE state = 'creating' AND (lease_until IS NULL OR lease_until <= ${now}::bigint)
          ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id`,
  );
  if (claimed === undefined) return null;
  const [row] = await executor.select().from(applicationVersions).where(eq(applicationVersions.id, claimed.id));
  return row ?? null;
}

/** Ends all leases: for the start of the only control plane, when whoever held them is gone. Returns how many. */
export async function endAllLeases(executor: Executor, now: number): Promise<number> {
  const ended = await executor
    .update(applicationVersions)
    .set({ leaseOwner: null, leaseUntil: now })
    .where(and(eq(applicationVersions.state, 'creating'), isNotNull(applicationVersions.leaseOwner)))
    .returning({ id: applicationVersions.id });
  return ended.length;
}

const isHeldBy = (versionId: string, owner: string) =>
  and(
    eq(applicationVersions.id, versionId),
    eq(applicationVersions.leaseOwner, owner),
    eq(applicationVersions.state, 'creating'),
  );

/** Prolongs a lease and writes the progress; false when the lease is somebody else's or the version is being deleted. */
export async function renewIngest(
  executor: Executor,
  versionId: string,
  lease: Lease,
  progressPercent: number,
): Promise<boolean> {
  const renewed = await executor
    .update(applicationVersions)
    .set({ leaseUntil: lease.until, progressPercent })
    .where(isHeldBy(versionId, lease.owner))
    .returning({ id: applicationVersions.id });
  return renewed.length === 1;
}

/** Gives an attempt back, to be made again from `at` on (null: at once). `uncounted`: it was stopped in good order and does not count. */
export async function returnIngest(
  executor: Executor,
  versionId: string,
  options: { readonly owner: string; readonly at: number | null; readonly uncounted: boolean },
): Promise<void> {
  await executor
    .update(applicationVersions)
    .set({
      leaseOwner: null,
      leaseUntil: options.at,
      ...(options.uncounted ? { attempts: sql`${applicationVersions.attempts} - 1` } : {}),
    })
    .where(isHeldBy(versionId, options.owner));
}

/** The version, locked, if the worker still holds it. */
export async function lockHeldVersion(
  executor: Executor,
  versionId: string,
  owner: string,
): Promise<ApplicationVersionRow | null> {
  const [row] = await executor.select().from(applicationVersions).where(isHeldBy(versionId, owner)).for('update');
  return row ?? null;
}
