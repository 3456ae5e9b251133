import { and, eq, inArray, sql } from 'drizzle-orm';
import type { ResizeDecision, ResizeFacts } from '../domain/package-status.js';
import { dbLimits } from './limits.js';
import { rows } from './rows.js';
import { concurrencies, concurrentPackages, type PackageRow } from './schema/concurrency.js';
import { type Executor, type SessionRow, sessions } from './schema.js';
import { isLiveSession } from './sessions.js';

/** Adds a package with its seats. */
export async function insertPackage(executor: Executor, row: PackageRow): Promise<void> {
  await executor.insert(concurrentPackages).values(row);
  await addSeats(executor, row.id, row.amount);
}

async function addSeats(executor: Executor, packageId: string, count: number): Promise<void> {
  if (count === 0) return;
  await rows(
    executor,
    sql`INSERT INTO concurrencies (package_id, seat, project_id)
        SELECT k.id, coalesce((SELECT max(seat) FROM concurrencies WHERE package_id = k.id), 0) + n, k.project_id
        FROM concurrent_packages k, generate_series(1, ${count}::integer) AS n WHERE k.id = ${packageId}`,
  );
}

/** Packages of an account that are not revoked, locked in the order of their ids; unknown ids are missing. */
export async function lockPackages(
  executor: Executor,
  key: { readonly accountId: string; readonly ids: readonly string[] },
): Promise<PackageRow[]> {
  return executor
    .select()
    .from(concurrentPackages)
    .where(
      and(
        eq(concurrentPackages.accountId, key.accountId),
        inArray(concurrentPackages.id, [...key.ids]),
        inArray(concurrentPackages.state, ['active', 'expired']),
      ),
    )
    .orderBy(concurrentPackages.id)
    .for('update');
}

/** One package of any account, locked; null when there is none. */
export async function lockPackage(executor: Executor, packageId: string): Promise<PackageRow | null> {
  const [row] = await executor
    .select()
    .from(concurrentPackages)
    .where(eq(concurrentPackages.id, packageId))
    .for('update');
  return row ?? null;
}

/** Writes fields of a package that the caller has locked. */
export async function updatePackage(
  executor: Executor,
  packageId: string,
  patch: Partial<Pick<PackageRow, 'name' | 'amount' | 'expiresAt' | 'state'>>,
): Promise<void> {
  await executor.update(concurrentPackages).set(patch).where(eq(concurrentPackages.id, packageId));
}

/** Packages that are bound to projects of an account, locked together with their seats; their ids. */
export async function lockPackagesOfProjects(
  executor: Executor,
  key: { readonly accountId: string; readonly projectIds: readonly string[] },
): Promise<readonly string[]> {
  const ids = sql.join(
    key.projectIds.map((id) => sql`${id}`),
    sql`, `,
  );
  const found = await rows<{ id: string }>(
    executor,
    sql`SELECT id FROM concurrent_packages WHERE account_id = ${key.accountId} AND project_id IN (${ids})
        ORDER BY id FOR NO KEY UPDATE`,
  );
  for (const { id } of found) {
    await rows(executor, sql`SELECT seat FROM concurrencies WHERE package_id = ${id} ORDER BY seat FOR UPDATE`);
  }
  return found.map((row) => row.id);
}

/** True when a package of another type than the given one is bound to a project. */
export async function hasPackageOfOtherType(executor: Executor, projectId: string, type: string): Promise<boolean> {
  const found = await rows<{ id: string }>(
    executor,
    sql`SELECT id FROM concurrent_packages WHERE project_id = ${projectId} AND type <> ${type} AND state <> 'revoked'
        LIMIT 1`,
  );
  return found.length > 0;
}

/** Gives a locked package, and all its seats, to a project or to none. Sessions on the seats are not touched. */
export async function movePackage(executor: Executor, packageId: string, projectId: string | null): Promise<void> {
  await executor.update(concurrentPackages).set({ projectId }).where(eq(concurrentPackages.id, packageId));
  await executor.update(concurrencies).set({ projectId }).where(eq(concurrencies.packageId, packageId));
}

/** Counts the seats of a locked package, after locking them against being taken. */
export async function lockAndCountSeats(executor: Executor, packageId: string): Promise<Omit<ResizeFacts, 'amount'>> {
  await rows(executor, sql`SELECT seat FROM concurrencies WHERE package_id = ${packageId} ORDER BY seat FOR UPDATE`);
  const [row] = await rows<Omit<ResizeFacts, 'amount'>>(
    executor,
    sql`SELECT (count(*) FILTER (WHERE NOT surplus))::integer AS regular,
          (count(*) FILTER (WHERE NOT surplus AND session_id IS NULL))::integer AS free,
          (count(*) FILTER (WHERE surplus AND session_id IS NOT NULL))::integer AS surplus
        FROM concurrencies WHERE package_id = ${packageId}`,
  );
  return row ?? { regular: 0, free: 0, surplus: 0 };
}

/** Carries out a resize on seats that the caller has locked. */
export async function resizeSeats(executor: Executor, packageId: string, decision: ResizeDecision): Promise<void> {
  const seats = (condition: ReturnType<typeof sql>, count: number) =>
    sql`package_id = ${packageId} AND seat IN (SELECT seat FROM concurrencies
      WHERE package_id = ${packageId} AND ${condition} ORDER BY seat DESC LIMIT ${count})`;
  if (decision.restore > 0) {
    const drained = seats(sql`surplus AND session_id IS NOT NULL`, decision.restore);
    await rows(executor, sql`UPDATE concurrencies SET surplus = false WHERE ${drained}`);
  }
  await addSeats(executor, packageId, decision.add);
  if (decision.remove > 0) {
    const free = seats(sql`NOT surplus AND session_id IS NULL`, decision.remove);
    await rows(executor, sql`DELETE FROM concurrencies WHERE ${free}`);
  }
  if (decision.mark > 0) {
    const taken = seats(sql`NOT surplus AND session_id IS NOT NULL`, decision.mark);
    await rows(executor, sql`UPDATE concurrencies SET surplus = true WHERE ${taken}`);
  }
}

/** Live sessions on the seats of packages, locked in the order of their ids. */
export async function lockSessionsOfPackages(executor: Executor, packageIds: readonly string[]): Promise<SessionRow[]> {
  const seated = executor
    .select({ id: concurrencies.sessionId })
    .from(concurrencies)
    .where(inArray(concurrencies.packageId, [...packageIds]));
  return executor
    .select()
    .from(sessions)
    .where(and(inArray(sessions.id, seated), isLiveSession))
    .orderBy(sessions.id)
    .for('update');
}

/** Records expiry. Returns the packages that have expired now, at most a batch. */
export async function expirePackages(executor: Executor, now: number): Promise<readonly string[]> {
  const expired = await rows<{ id: string }>(
    executor,
    sql`UPDATE concurrent_packages SET state = 'expired' WHERE id = ANY (ARRAY(
          SELECT id FROM concurrent_packages WHERE state = 'active' AND expires_at <= ${now}
          ORDER BY expires_at LIMIT ${dbLimits.sweepBatch} FOR UPDATE SKIP LOCKED)) RETURNING id`,
  );
  return expired.map((row) => row.id);
}

/** Removes surplus seats whose session has gone, and revoked packages on whose seats nobody is any more. */
export async function removeDrained(executor: Executor): Promise<readonly string[]> {
  await rows(
    executor,
    sql`DELETE FROM concurrencies WHERE (package_id, seat) IN (
          SELECT package_id, seat FROM concurrencies WHERE surplus AND session_id IS NULL
          LIMIT ${dbLimits.sweepBatch} FOR UPDATE SKIP LOCKED)`,
  );
  const removed = await rows<{ id: string }>(
    executor,
    sql`DELETE FROM concurrent_packages WHERE id = ANY (ARRAY(
          SELECT k.id FROM concurrent_packages k WHERE k.state = 'revoked'
            AND NOT EXISTS (SELECT 1 FROM concurrencies q WHERE q.package_id = k.id AND q.session_id IS NOT NULL)
          ORDER BY k.id LIMIT ${dbLimits.sweepBatch} FOR UPDATE SKIP LOCKED)) RETURNING id`,
  );
  return removed.map((row) => row.id);
}
