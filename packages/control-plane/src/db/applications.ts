import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import { type ApplicationRow, accounts, applications, type Executor } from './schema.js';

interface ApplicationKey {
  readonly accountId: string;
  readonly applicationId: string;
}

/** An application of an account by name; one that is being deleted has none any more. */
export async function findApplicationByName(
  executor: Executor,
  key: { readonly accountId: string; readonly name: string },
): Promise<ApplicationRow | null> {
  const [row] = await executor
    .select()
    .from(applications)
    .where(
      and(eq(applications.accountId, key.accountId), eq(applications.name, key.name), eq(applications.state, 'active')),
    );
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

/** An application by id that nothing new may refer to until the transaction ends. */
export async function lockApplicationForDeletion(
  executor: Executor,
  applicationId: string,
): Promise<ApplicationRow | null> {
  const [row] = await executor.select().from(applications).where(eq(applications.id, applicationId)).for('update');
  return row ?? null;
}

/** An application by id, whatever its state. */
export async function findApplication(executor: Executor, applicationId: string): Promise<ApplicationRow | null> {
  const [row] = await executor.select().from(applications).where(eq(applications.id, applicationId));
  return row ?? null;
}

/** An active application of an account, held so that it cannot be deleted before the transaction ends. */
export async function holdApplication(executor: Executor, key: ApplicationKey): Promise<ApplicationRow | null> {
  const [row] = await executor
    .select()
    .from(applications)
    .where(
      and(
        eq(applications.id, key.applicationId),
        eq(applications.accountId, key.accountId),
        eq(applications.state, 'active'),
      ),
    )
    .for('key share');
  return row ?? null;
}

/** An application to be added; what is left out takes the column's default. */
export type NewApplication = typeof applications.$inferInsert;

/** Adds an application. */
export async function insertApplication(executor: Executor, row: NewApplication): Promise<ApplicationRow> {
  const [inserted] = await executor.insert(applications).values(row).returning();
  if (inserted === undefined) throw new Error('an inserted application came back without a row');
  return inserted;
}

/** Writes fields of an application that the caller has locked. */
export async function updateApplication(
  executor: Executor,
  applicationId: string,
  patch: Partial<Omit<NewApplication, 'id' | 'accountId' | 'createdAt'>>,
): Promise<void> {
  await executor.update(applications).set(patch).where(eq(applications.id, applicationId));
}

/** Counts an account's applications, those being deleted not, and keeps others from adding until the transaction ends. */
export async function lockAndCountApplications(executor: Executor, accountId: string): Promise<number> {
  await executor.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, accountId)).for('no key update');
  const [row] = await executor
    .select({ count: sql<number>`count(*)::integer` })
    .from(applications)
    .where(and(eq(applications.accountId, accountId), eq(applications.state, 'active')));
  return row?.count ?? 0;
}

/** Whether projects of the account are set to run the application. */
export async function isUsedByProjects(executor: Executor, applicationId: string): Promise<boolean> {
  const [row] = await rows<{ used: boolean }>(
    executor,
    sql`SELECT EXISTS (SELECT 1 FROM projects WHERE application_id = ${applicationId} AND deleted_at IS NULL)
          OR EXISTS (SELECT 1 FROM project_applications pa JOIN projects p ON p.id = pa.project_id
            WHERE pa.application_id = ${applicationId} AND p.deleted_at IS NULL) AS used`,
  );
  return row?.used === true;
}

/** Turns applications whose versions have all been swept from deleting to deleted. */
export async function finishDeletedApplications(executor: Executor): Promise<void> {
  await rows(
    executor,
    sql`UPDATE applications a SET state = 'deleted'
        WHERE a.state = 'deleting' AND NOT EXISTS
          (SELECT 1 FROM application_versions v WHERE v.application_id = a.id AND v.state <> 'deleted')`,
  );
}

/** Applications of an account by their ids, those that have been deleted left out. */
export async function listApplicationsById(
  executor: Executor,
  accountId: string,
  applicationIds: readonly string[],
): Promise<ApplicationRow[]> {
  return executor
    .select()
    .from(applications)
    .where(
      and(
        eq(applications.accountId, accountId),
        inArray(applications.id, [...applicationIds]),
        ne(applications.state, 'deleted'),
      ),
    );
}
