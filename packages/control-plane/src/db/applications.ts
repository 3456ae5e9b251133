import { and, desc, eq, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import {
  type ApplicationRow,
  type ApplicationVersionRow,
  applications,
  applicationVersions,
  type Executor,
} from './schema.js';

/** An application of an account by name. */
export async function findApplicationByName(
  executor: Executor,
  key: { readonly accountId: string; readonly name: string },
): Promise<ApplicationRow | null> {
  const [row] = await executor
    .select()
    .from(applications)
    .where(and(eq(applications.accountId, key.accountId), eq(applications.name, key.name)));
  return row ?? null;
}

/** An application by id, locked until the transaction ends: its versions change one at a time. */
export async function lockApplication(executor: Executor, applicationId: string): Promise<ApplicationRow | null> {
  const [row] = await executor
    .select()
    .from(applications)
    .where(eq(applications.id, applicationId))
    .for('no key update');
  return row ?? null;
}

/** An application by id. */
export async function findApplication(executor: Executor, applicationId: string): Promise<ApplicationRow | null> {
  const [row] = await executor.select().from(applications).where(eq(applications.id, applicationId));
  return row ?? null;
}

/** Adds an application. */
export async function insertApplication(executor: Executor, row: ApplicationRow): Promise<void> {
  await executor.insert(applications).values(row);
}

/** Versions of an application, newest first. */
export async function listVersions(executor: Executor, applicationId: string): Promise<ApplicationVersionRow[]> {
  return executor
    .select()
    .from(applicationVersions)
    .where(eq(applicationVersions.applicationId, applicationId))
    .orderBy(desc(applicationVersions.createdAt), applicationVersions.id);
}

/** A version by id. */
export async function findVersion(executor: Executor, versionId: string): Promise<ApplicationVersionRow | null> {
  const [row] = await executor.select().from(applicationVersions).where(eq(applicationVersions.id, versionId));
  return row ?? null;
}

/** Adds a version. */
export async function insertVersion(executor: Executor, row: ApplicationVersionRow): Promise<void> {
  await executor.insert(applicationVersions).values(row);
}

/** Writes a version's fate. */
export async function updateVersion(
  executor: Executor,
  versionId: string,
  patch: Partial<Pick<ApplicationVersionRow, 'state' | 'manifestSha256' | 'totalBytes' | 'failure'>>,
): Promise<void> {
  await executor.update(applicationVersions).set(patch).where(eq(applicationVersions.id, versionId));
}

/** Manifests of all versions that are in use: what nodes should have at hand. */
export async function listInUseManifests(executor: Executor): Promise<readonly string[]> {
  const found = await rows<{ sha: string }>(
    executor,
    sql`SELECT DISTINCT manifest_sha256 AS sha FROM application_versions WHERE state = 'in-use'`,
  );
  return found.map((row) => row.sha);
}

/** Turns versions whose ingest a crash has cut off into failures. Returns how many. */
export async function failUnfinishedVersions(executor: Executor, failure: string): Promise<number> {
  const failed = await rows<{ id: string }>(
    executor,
    sql`UPDATE application_versions SET state = 'create-failed', failure = ${failure}
        WHERE state = 'creating' RETURNING id`,
  );
  return failed.length;
}
