import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { type Database, openDatabase } from '../db/open.js';
import { createLogger } from '../observability/logger.js';
import { createPostgresDatabase, type EmptyDatabase } from './postgres-cluster.testkit.js';

/** URL of a PostgreSQL server on which tests may make databases; undefined: tests run on the embedded database. */
export const postgresServerUrl = (): string | undefined => process.env.CLOUDSTAGE_TEST_DATABASE_URL;

/** True when the tests of this run use PostgreSQL. */
export const onPostgres = (): boolean => postgresServerUrl() !== undefined;

const run = promisify(execFile);

/**
 * Puts an embedded database with the present schema and nothing in it at `path`, which must not exist: a copy of what the
 * project's set-up has prepared. Without one it leaves `path` to whoever opens it.
 */
export async function copyPreparedDatabase(path: string): Promise<void> {
  const prepared = process.env.CLOUDSTAGE_TEST_PREPARED_DATABASE;
  // A thousand small files: by Node.js it takes twenty times the processor time.
  if (prepared !== undefined) await run('cp', ['-R', prepared, path]);
}

/** Makes a database without rows that outlives the process that opens it: a directory, or a database of the server. */
export async function createTestDatabase(): Promise<EmptyDatabase> {
  const server = postgresServerUrl();
  if (server !== undefined) return createPostgresDatabase(server, `test-${randomUUID()}`);
  const dir = await mkdtemp(join(tmpdir(), 'cloudstage-database-'));
  const path = join(dir, 'database');
  await copyPreparedDatabase(path);
  return { url: `pglite:${path}`, drop: () => rm(dir, { recursive: true, force: true }) };
}

/** Opens a database by URL, or a new one for one test file, which is gone when it is closed. */
export async function openTestDatabase(url?: string): Promise<Database> {
  const logger = createLogger({ level: 'silent', name: 'test' });
  if (url !== undefined) return openDatabase(url, { logger });
  const made = await createTestDatabase();
  const database = await openDatabase(made.url, { logger });
  return {
    ...database,
    close: async () => {
      await database.close();
      await made.drop();
    },
  };
}

/**
 * Empties all tables, whatever migrations there are: opening a database takes a second, a test takes milliseconds. One statement,
 * because references are checked at its end; TRUNCATE makes new files for every table and index, a hundred times as slow.
 */
export async function resetDatabase(database: Database): Promise<void> {
  const { rows } = (await database.executor.execute(
    sql`SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'`,
  )) as unknown as { readonly rows: readonly { readonly name: string }[] };
  const deletions = rows.map((row, index) => `d${index} AS (DELETE FROM ${row.name})`);
  await database.executor.execute(sql.raw(`WITH ${deletions.join(', ')} SELECT`));
}

/** Makes the history look as after a restore on a server that has counted fewer transactions than the former one. */
export async function pretendOtherServer(database: Database): Promise<void> {
  await database.executor.execute(sql`UPDATE session_events SET transaction_id = transaction_id + 1000000`);
}
