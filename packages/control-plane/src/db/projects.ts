import { and, eq } from 'drizzle-orm';
import { type Executor, type ProjectRow, projectApplications, projects } from './schema.js';

/** A project of an account by name. */
export async function findProjectByName(
  executor: Executor,
  key: { readonly accountId: string; readonly name: string },
): Promise<ProjectRow | null> {
  const [row] = await executor
    .select()
    .from(projects)
    .where(and(eq(projects.accountId, key.accountId), eq(projects.name, key.name)));
  return row ?? null;
}

/** A project by id. */
export async function findProject(executor: Executor, projectId: string): Promise<ProjectRow | null> {
  const [row] = await executor.select().from(projects).where(eq(projects.id, projectId));
  return row ?? null;
}

/** Adds a project and, for SHARED ones, the applications it may run. */
export async function insertProject(
  executor: Executor,
  row: ProjectRow,
  applicationIds: readonly string[],
): Promise<void> {
  await executor.insert(projects).values(row);
  if (applicationIds.length === 0) return;
  await executor
    .insert(projectApplications)
    .values(applicationIds.map((applicationId) => ({ projectId: row.id, applicationId })));
}
