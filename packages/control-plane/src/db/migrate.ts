import { AppError } from '@cloudstage/protocol';
import { sql } from 'drizzle-orm';
import { migration0001 } from './migrations/0001-initial.js';
import { migration0002 } from './migrations/0002-applications.js';
import { migration0003 } from './migrations/0003-concurrency.js';
import { migration0004 } from './migrations/0004-sessions-usage.js';
import { migration0005 } from './migrations/0005-accounts.js';
import { migration0006 } from './migrations/0006-streams.js';
import { migration0007 } from './migrations/0007-node-drain.js';
import { migration0008 } from './migrations/0008-recordings.js';
import { rows } from './rows.js';
import type { Executor } from './schema.js';

/** One forward step of the schema. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** All steps in order. Steps are only ever added. */
export const migrations: readonly Migration[] = [
  migration0001,
  migration0002,
  migration0003,
  migration0004,
  migration0005,
  migration0006,
  migration0007,
  migration0008,
];

/** Version that this program needs. */
export const latestSchemaVersion = migrations[migrations.length - 1]?.version ?? 0;

/** Key of the advisory lock under which one process migrates: "clst" in ASCII. */
const migrationLockKey = 0x636c7374;

/** Version of the schema in the database; 0 when there is none. */
export async function readSchemaVersion(executor: Executor): Promise<number> {
  const [table] = await rows<{ present: boolean }>(
    executor,
    sql`SELECT to_regclass('schema_migrations') IS NOT NULL AS present`,
  );
  if (table?.present !== true) return 0;
  const [row] = await rows<{ version: number | null }>(
    executor,
    sql`SELECT max(version)::integer AS version FROM schema_migrations`,
  );
  return row?.version ?? 0;
}

/**
 * Brings the schema up to date, all missing steps in one transaction. Several processes may come at once: one works, the
 * others wait for it. `steps` are all there are, except in tests of an older program.
 * @throws AppError `database-schema-newer` when a newer program has been here: going back needs a backup.
 */
export async function migrate(
  database: Executor,
  now: number,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  await database.transaction(async (tx) => {
    // Another process may migrate for long, and so may this one: the limit of ordinary statements is not meant for it.
    await tx.execute(sql`SET LOCAL statement_timeout = 0`);
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${migrationLockKey})`);
    const current = await readSchemaVersion(tx);
    const latest = steps[steps.length - 1]?.version ?? 0;
    if (current > latest) {
      throw new AppError(
        'database-schema-newer',
        `the database has schema ${current}, this program knows ${latest}; run the newer program or restore a backup`,
      );
    }
    if (current === latest) return;
    await tx.execute(
      sql`CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)`,
    );
    for (const step of steps.filter((candidate) => candidate.version > current)) {
      for (const statement of splitStatements(step.sql)) await tx.execute(sql.raw(statement));
      await tx.execute(
        sql`INSERT INTO schema_migrations (version, name, applied_at) VALUES (${step.version}, ${step.name}, ${now})`,
      );
    }
  });
}

/** Migrations are plain DDL without strings or bodies that hold a semicolon at the end of a line. */
function splitStatements(text: string): string[] {
  return text
    .split(/;\s*\n/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
