import { and, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import { type Executor, type ProjectRow, projectApplications, projects, sessions } from './schema.js';
import { isLiveSession } from './sessions.js';

/** A project of an account. */
export interface ProjectKey {
  readonly accountId: string;
  readonly projectId: string;
}

const isLive = ({ accountId, projectId }: ProjectKey) =>
  and(eq(projects.id, projectId), eq(projects.accountId, accountId), isNull(projects.deletedAt));

/** A project of an account by name. */
export async function findProjectByName(
  executor: Executor,
  key: { readonly accountId: string; readonly name: string },
): Promise<ProjectRow | null> {
  const [row] = await executor
    .select()
    .from(projects)
    .where(and(eq(projects.accountId, key.accountId), eq(projects.name, key.name), isNull(projects.deletedAt)));
  return row ?? null;
}

/** A project by id that has not been deleted. */
export async function findProject(executor: Executor, projectId: string): Promise<ProjectRow | null> {
  const [row] = await executor
    .select()
    .from(projects)
    .where(and(eq(projects.id, projectId), isNull(projects.deletedAt)));
  return row ?? null;
}

/** A project of an account that has not been deleted. */
export async function findLiveProject(executor: Executor, key: ProjectKey): Promise<ProjectRow | null> {
  const [row] = await executor.select().from(projects).where(isLive(key));
  return row ?? null;
}

/** The same, locked against other changes; reservations are not held up. */
export async function lockProject(executor: Executor, key: ProjectKey): Promise<ProjectRow | null> {
  const [row] = await executor.select().from(projects).where(isLive(key)).for('no key update');
  return row ?? null;
}

/** Those of an account's projects that exist, locked against everything, reservations included. */
export async function lockProjects(
  executor: Executor,
  key: { readonly accountId: string; readonly projectIds: readonly string[] },
): Promise<readonly string[]> {
  const found = await executor
    .select({ id: projects.id })
    .from(projects)
    .where(
      and(inArray(projects.id, [...key.projectIds]), eq(projects.accountId, key.accountId), isNull(projects.deletedAt)),
    )
    .orderBy(projects.id)
    .for('update');
  return found.map((row) => row.id);
}

/** The first of these projects that a user holds a session of, one that is being ended included. */
export async function findProjectInUse(executor: Executor, projectIds: readonly string[]): Promise<string | null> {
  const [row] = await executor
    .select({ id: sessions.projectId })
    .from(sessions)
    .where(and(inArray(sessions.projectId, [...projectIds]), isLiveSession, isNotNull(sessions.userId)))
    .limit(1);
  return row?.id ?? null;
}

/** Marks projects as deleted: their names are free from now on, and no program is started for them. */
export async function markProjectsDeleted(
  executor: Executor,
  projectIds: readonly string[],
  deletedAt: number,
): Promise<void> {
  await executor
    .update(projects)
    .set({ deletedAt, isPreload: false })
    .where(inArray(projects.id, [...projectIds]));
}

/** Writes fields of a project that the caller has locked. */
export async function updateProject(
  executor: Executor,
  projectId: string,
  patch: Partial<Omit<ProjectRow, 'id' | 'accountId' | 'createdAt'>>,
): Promise<void> {
  await executor.update(projects).set(patch).where(eq(projects.id, projectId));
}

/** Adds a project and, for SHARED ones that are restricted, the applications it may run. */
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
