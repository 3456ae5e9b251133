import { isAppError } from '@cloudstage/protocol';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../observability/logger.js';
import { createTestDatabase, onPostgres } from '../testing/database.testkit.js';
import type { EmptyDatabase } from '../testing/postgres-cluster.testkit.js';
import { latestSchemaVersion, migrate, migrations, readSchemaVersion } from './migrate.js';
import { openDatabase } from './open.js';
import { rows } from './rows.js';
import type { Executor } from './schema.js';

/** One row of everything that the first schema could hold, with every state that has consequences. */
const firstRows: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  accounts: [{ id: 'acc-1', number: 1, name: 'default', created_at: 1_700_000_000_000 }],
  access_keys: [
    { secret_id: 'AKIDone', account_id: 'acc-1', secret_cipher: 'v1.a.b.c', enabled: true, created_at: 1 },
    { secret_id: 'AKIDtwo', account_id: 'acc-1', secret_cipher: 'v1.d.e.f', enabled: false, created_at: 2 },
  ],
  applications: [
    {
      id: 'app-1',
      account_id: 'acc-1',
      name: 'game',
      kind: 'Application3D',
      entry_path: 'bin/game',
      args: ['--one', 'two words'],
      created_at: 3,
    },
  ],
  application_versions: [
    version('ver-1', 'usable', { manifest_sha256: 'aa'.repeat(32), total_bytes: 5_000_000_000 }),
    version('ver-2', 'in-use', { manifest_sha256: 'bb'.repeat(32), total_bytes: 7 }),
    version('ver-3', 'create-failed', { failure: 'package-empty' }),
    version('ver-4', 'creating', {}),
  ],
  projects: [
    project('cap-1', { type: 'EXCLUSIVE', application_id: 'app-1', concurrency_limit: 3 }),
    project('cap-2', { type: 'SHARED', application_id: null, concurrency_limit: null }),
  ],
  project_applications: [{ project_id: 'cap-2', application_id: 'app-1' }],
  render_nodes: [
    {
      id: 'node-1',
      boot_id: 'boot',
      name: 'one',
      region: 'local',
      version: '0.1.0',
      category: 'DESKTOP',
      online: true,
      last_seen_at: 9,
    },
    {
      id: 'node-2',
      boot_id: 'boot',
      name: 'two',
      region: 'far',
      version: '0.1.0',
      category: 'DESKTOP',
      online: false,
      last_seen_at: 8,
    },
  ],
  slots: [
    slot('node-1', 0, { state: 'busy', session_id: 'ses-run', project_id: 'cap-1' }),
    slot('node-1', 1, { state: 'reserved', session_id: 'ses-res', project_id: 'cap-2' }),
    slot('node-1', 2, { state: 'cleaning', session_id: 'ses-end', project_id: 'cap-1', deadline_at: 30 }),
    slot('node-1', 3, { state: 'idle' }),
    slot('node-2', 0, { state: 'initializing' }),
  ],
  sessions: [
    session('ses-run', 0, { state: 'running', user_id: 'u1', launched_at: 11 }),
    session('ses-res', 1, { state: 'reserved', user_id: 'u2', project_id: 'cap-2', deadline_at: 60_000 }),
    session('ses-end', 2, { state: 'ended', user_id: 'u3', end_reason: 'program-exit', exit_code: 3, ended_at: 12 }),
  ],
  session_guests: [
    {
      account_id: 'acc-1',
      user_id: 'g1',
      session_id: 'ses-run',
      role: 'Player',
      seat: 2,
      busy_until: null,
      reconnect_token_hash: 'hash-2',
      created_at: 13,
    },
  ],
};

function version(id: string, state: string, rest: Record<string, unknown>) {
  const row = { manifest_sha256: null, total_bytes: null, failure: null, created_at: 4 };
  return { id, application_id: 'app-1', state, file_name: `${id}.zip`, ...row, ...rest };
}

function project(id: string, rest: Record<string, unknown>) {
  const size = { width: 1280, height: 720, fps: 60, min_bitrate_bps: 1_000_000, max_bitrate_bps: 8_000_000 };
  const common = {
    account_id: 'acc-1',
    name: id,
    category: 'DESKTOP',
    reconnect_grace_ms: 90_000,
    parameters: '-a "b c"',
  };
  return { id, ...common, ...size, created_at: 5, ...rest };
}

function slot(node_id: string, slot_index: number, rest: Record<string, unknown>) {
  return { node_id, slot_index, session_id: null, project_id: null, deadline_at: null, ...rest };
}

function session(id: string, slot_index: number, rest: Record<string, unknown>) {
  return {
    id,
    account_id: 'acc-1',
    user_ip: '198.51.100.4',
    project_id: 'cap-1',
    application_id: 'app-1',
    application_version_id: 'ver-2',
    node_id: 'node-1',
    slot_index,
    deadline_at: null,
    busy_until: null,
    run_without_client: false,
    reconnect_grace_ms: 90_000,
    application_parameters: '--level 3',
    reconnect_token_hash: `hash of ${id}`,
    end_reason: null,
    exit_code: null,
    created_at: 10,
    launched_at: null,
    ended_at: null,
    ...rest,
  };
}

/** On PostgreSQL; the embedded one is in memory. */
let made: EmptyDatabase | null = null;
let executor: Executor;
let close: () => Promise<void>;
beforeAll(async () => {
  if (onPostgres()) {
    made = await createTestDatabase();
    const pool = new pg.Pool({ connectionString: made.url });
    executor = drizzlePg(pool);
    close = () => pool.end();
  } else {
    const client = await PGlite.create();
    executor = drizzlePglite(client);
    close = () => client.close();
  }
});
afterAll(async () => {
  await close();
  await made?.drop();
});
beforeEach(async () => {
  await executor.execute(sql`DROP SCHEMA public CASCADE`);
  await executor.execute(sql`CREATE SCHEMA public`);
});

async function insert(table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  // The server knows the types of its columns, whatever the driver would make of these values.
  const into = sql.identifier(table);
  await executor.execute(
    sql`INSERT INTO ${into} SELECT * FROM json_populate_record(NULL::${into}, ${JSON.stringify(row)}::json)`,
  );
}

/** Rows as JSON, so that both drivers give the same. */
async function readAll(table: string): Promise<Record<string, unknown>[]> {
  const found = await rows<{ row: Record<string, unknown> }>(
    executor,
    sql`SELECT to_json(t) AS row FROM ${sql.identifier(table)} t`,
  );
  return found.map(({ row }) => row);
}

async function makeFirstDatabase(): Promise<void> {
  await migrate(executor, 1, migrations.slice(0, 1));
  expect(await readSchemaVersion(executor)).toBe(1);
  for (const [table, records] of Object.entries(firstRows)) {
    for (const record of records) await insert(table, record);
  }
}

async function expectEverything(): Promise<void> {
  expect(await readSchemaVersion(executor)).toBe(latestSchemaVersion);
  for (const [table, records] of Object.entries(firstRows)) {
    expect(await readAll(table), table).toHaveLength(records.length);
    expect(await readAll(table), table).toEqual(
      expect.arrayContaining(records.map((record) => expect.objectContaining(record))),
    );
  }
}

describe('migrations', () => {
  it('have numbers that go up', () => {
    const numbers = migrations.map((step) => step.version);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(latestSchemaVersion).toBe(numbers.at(-1));
  });

  it('keep everything that a database of the first program holds', { timeout: 120_000 }, async () => {
    await makeFirstDatabase();
    await migrate(executor, 2);
    await expectEverything();
  });

  // The embedded database belongs to one process.
  it.runIf(onPostgres())('are made once when several control planes start at the same moment', async () => {
    await makeFirstDatabase();
    const logger = createLogger({ level: 'silent', name: 'test' });
    const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(made?.url ?? '', { logger })));
    for (const database of opened) await database.close();
    await expectEverything();
    const applied = await rows<{ version: number }>(
      executor,
      sql`SELECT version FROM schema_migrations ORDER BY version`,
    );
    expect(applied.map(({ version }) => version)).toEqual(migrations.map((step) => step.version));
  });

  it('of a newer program are refused by name, and nothing is changed', async () => {
    const future = { version: latestSchemaVersion + 1, name: 'future', sql: 'CREATE TABLE of_the_future (id text);\n' };
    await migrate(executor, 1, [...migrations, future]);
    await expect(migrate(executor, 2)).rejects.toSatisfy((error) => isAppError(error, 'database-schema-newer'));
    expect(await readSchemaVersion(executor)).toBe(future.version);
    expect(await readAll('of_the_future')).toEqual([]);
  });

  it('may be repeated, and tell when each was made', async () => {
    await migrate(executor, 5);
    await migrate(executor, 6);
    const applied = await rows<{ version: number; at: number }>(
      executor,
      sql`SELECT version, applied_at::integer AS at FROM schema_migrations ORDER BY version`,
    );
    expect(applied).toEqual(migrations.map((step) => ({ version: step.version, at: 5 })));
  });

  it('come to the same schema in one go and one by one', { timeout: 120_000 }, async () => {
    const describeSchema = () =>
      rows(
        executor,
        sql`SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
        WHERE table_schema = 'public' ORDER BY table_name, column_name`,
      );
    await migrate(executor, 1);
    const atOnce = await describeSchema();
    await executor.execute(sql`DROP SCHEMA public CASCADE`);
    await executor.execute(sql`CREATE SCHEMA public`);
    for (let count = 1; count <= migrations.length; count += 1) await migrate(executor, 1, migrations.slice(0, count));
    expect(await describeSchema()).toEqual(atOnce);
  });

  it('leave nothing of a step that failed', async () => {
    const broken = { version: 10_000, name: 'broken', sql: 'CREATE TABLE half_done (id text);\nSELECT 1 / 0;\n' };
    await migrate(executor, 1);
    await expect(migrate(executor, 2, [...migrations, broken])).rejects.toThrow();
    expect(await readSchemaVersion(executor)).toBe(latestSchemaVersion);
    expect(await rows(executor, sql`SELECT 1 FROM pg_tables WHERE tablename = 'half_done'`)).toEqual([]);
  });
});
