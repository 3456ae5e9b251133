import { and, desc, eq, inArray, ne, sql } from 'drizzle-orm';
import { dbLimits } from './limits.js';
import { rows } from './rows.js';
import { type ApplicationVersionRow, applicationVersions, type Executor, sessions } from './schema.js';
import { isLiveSession } from './sessions.js';

/** Versions of an application, newest first; those that have been deleted are left out. */
export async function listVersions(executor: Executor, applicationId: string): Promise<ApplicationVersionRow[]> {
  return executor
    .select()
    .from(applicationVersions)
    .where(and(eq(applicationVersions.applicationId, applicationId), ne(applicationVersions.state, 'deleted')))
    .orderBy(desc(applicationVersions.createdAt), applicationVersions.id);
}

/** Versions of several applications in one statement, newest first. */
export async function listVersionsOf(
  executor: Executor,
  applicationIds: readonly string[],
): Promise<ApplicationVersionRow[]> {
  if (applicationIds.length === 0) return [];
  return executor
    .select()
    .from(applicationVersions)
    .where(
      and(inArray(applicationVersions.applicationId, [...applicationIds]), ne(applicationVersions.state, 'deleted')),
    )
    .orderBy(desc(applicationVersions.createdAt), applicationVersions.id);
}

/** A version by id, whatever its state. */
export async function findVersion(executor: Executor, versionId: string): Promise<ApplicationVersionRow | null> {
  const [row] = await executor.select().from(applicationVersions).where(eq(applicationVersions.id, versionId));
  return row ?? null;
}

/** A version by id that no new session may refer to until the transaction ends. */
export async function lockVersion(executor: Executor, versionId: string): Promise<ApplicationVersionRow | null> {
  const [row] = await executor
    .select()
    .from(applicationVersions)
    .where(eq(applicationVersions.id, versionId))
    .for('update');
  return row ?? null;
}

/** A version to be added; what is left out takes the column's default. */
export type NewVersion = typeof applicationVersions.$inferInsert;

/** Adds a version. */
export async function insertVersion(executor: Executor, row: NewVersion): Promise<ApplicationVersionRow> {
  const [inserted] = await executor.insert(applicationVersions).values(row).returning();
  if (inserted === undefined) throw new Error('an inserted version came back without a row');
  return inserted;
}

/** Writes fields of a version that the caller has locked, itself or through its application. */
export async function updateVersion(
  executor: Executor,
  versionId: string,
  patch: Partial<Omit<NewVersion, 'id' | 'applicationId' | 'createdAt'>>,
): Promise<void> {
  await executor.update(applicationVersions).set(patch).where(eq(applicationVersions.id, versionId));
}

/** Whether a live session runs the version. */
export async function hasLiveSessions(
  executor: Executor,
  key: { readonly versionId: string } | { readonly applicationId: string },
): Promise<boolean> {
  const isOfKey =
    'versionId' in key
      ? eq(sessions.applicationVersionId, key.versionId)
      : eq(sessions.applicationId, key.applicationId);
  const [row] = await executor.select({ id: sessions.id }).from(sessions).where(and(isOfKey, isLiveSession)).limit(1);
  return row !== undefined;
}

/** Versions whose deletion is due and that no live session runs, locked; those that another process holds are skipped. */
export async function lockSweepableVersions(executor: Executor, now: number): Promise<ApplicationVersionRow[]> {
  return executor
    .select()
    .from(applicationVersions)
    .where(
      and(
        // Written out, as in the index of versions with work to do.
        sql`${applicationVersions.state} = 'deleting'`,
        sql`${applicationVersions.leaseUntil} <= ${now}`,
        sql`NOT EXISTS (SELECT 1 FROM sessions s WHERE s.application_version_id = ${applicationVersions.id} AND s.state <> 'ended')`,
      ),
    )
    .orderBy(applicationVersions.leaseUntil)
    .limit(dbLimits.sweepBatch)
    .for('update', { skipLocked: true });
}

/** A package that nodes should have at hand. */
export interface InUsePackage {
  readonly manifestSha256: string;
  /** Regions the version is distributed to; empty: all. */
  readonly regions: readonly string[];
}

/** Packages of all versions that are in use. */
export async function listInUsePackages(executor: Executor): Promise<readonly InUsePackage[]> {
  return rows<InUsePackage>(
    executor,
    sql`SELECT DISTINCT manifest_sha256 AS "manifestSha256", regions FROM application_versions WHERE state = 'in-use'`,
  );
}

/** True when a version names the package: it must stay in the store. */
export async function isManifestReferenced(executor: Executor, manifestSha256: string): Promise<boolean> {
  const [row] = await executor
    .select({ id: applicationVersions.id })
    .from(applicationVersions)
    .where(eq(applicationVersions.manifestSha256, manifestSha256))
    .limit(1);
  return row !== undefined;
}
