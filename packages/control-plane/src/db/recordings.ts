import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import { type RecordingRow, recordings } from './schema/recordings.js';
import { type Executor, projects } from './schema.js';

/** Adds a part; one that is there already stays as it is. */
export async function insertRecording(executor: Executor, row: RecordingRow): Promise<void> {
  await executor
    .insert(recordings)
    .values(row)
    .onConflictDoNothing({ target: [recordings.sessionId, recordings.startedAt] });
}

/** What to list; null: any. */
export interface RecordingQuery {
  readonly sessionId: string | null;
  readonly projectId: string | null;
  /** Only those that began before; epoch milliseconds. */
  readonly before: number | null;
  readonly limit: number;
}

/** Parts, the newest first. */
export async function listRecordingRows(executor: Executor, query: RecordingQuery): Promise<readonly RecordingRow[]> {
  const { sessionId, projectId, before, limit } = query;
  return executor
    .select()
    .from(recordings)
    .where(
      and(
        sessionId === null ? undefined : eq(recordings.sessionId, sessionId),
        projectId === null ? undefined : eq(recordings.projectId, projectId),
        before === null ? undefined : lt(recordings.startedAt, before),
      ),
    )
    .orderBy(desc(recordings.startedAt), recordings.id)
    .limit(limit);
}

/** A part by its id. */
export async function findRecordingRow(executor: Executor, recordingId: string): Promise<RecordingRow | null> {
  const [row] = await executor.select().from(recordings).where(eq(recordings.id, recordingId));
  return row ?? null;
}

/** Deletes a part; false when there is none. The sweep of the store removes its bytes. */
export async function deleteRecordingRow(executor: Executor, recordingId: string): Promise<boolean> {
  const gone = await executor.delete(recordings).where(eq(recordings.id, recordingId)).returning({ id: recordings.id });
  return gone.length === 1;
}

/** Deletes the oldest parts that were stored before `before`, at most `limit`. Returns how many. */
export async function deleteRecordingsBefore(executor: Executor, before: number, limit: number): Promise<number> {
  const gone = await rows<{ id: string }>(
    executor,
    sql`DELETE FROM recordings WHERE id IN (
      SELECT id FROM recordings WHERE created_at < ${before} ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) RETURNING id`,
  );
  return gone.length;
}

/** Those of the hashes that a part names. */
export async function findLiveRecordings(executor: Executor, hashes: readonly string[]): Promise<readonly string[]> {
  if (hashes.length === 0) return [];
  const found = await rows<{ sha256: string }>(
    executor,
    sql`SELECT DISTINCT sha256 FROM recordings WHERE sha256 IN (${sql.join(
      hashes.map((hash) => sql`${hash}`),
      sql`, `,
    )})`,
  );
  return found.map(({ sha256 }) => sha256);
}

/** Turns the recording of a project's next sessions on or off; false when there is no such project. */
export async function setProjectRecorded(executor: Executor, projectId: string, isRecorded: boolean): Promise<boolean> {
  const changed = await executor
    .update(projects)
    .set({ isRecorded })
    .where(and(eq(projects.id, projectId), sql`${projects.deletedAt} IS NULL`))
    .returning({ id: projects.id });
  return changed.length === 1;
}
