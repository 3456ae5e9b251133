import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { expect, it } from 'vitest';
import { latestSchemaVersion, migrate, readSchemaVersion } from './migrate.js';
import { migration0001 } from './migrations/0001-initial.js';
import { rows } from './rows.js';

it('brings a database of the first schema, with people playing, to the latest', async () => {
  const client = await PGlite.create();
  const database = drizzle(client);
  try {
    await client.exec(migration0001.sql);
    await client.exec(`
      CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL);
      INSERT INTO schema_migrations VALUES (1, 'initial', 1);
      INSERT INTO accounts VALUES ('acc-1', 1, 'default', 1);
      INSERT INTO applications VALUES ('app-1', 'acc-1', 'game', 'Application3D', 'bin/game', '[]', 1);
      INSERT INTO application_versions VALUES ('ver-1', 'app-1', 'in-use', 'game.zip', 'ab', 1, NULL, 1);
      INSERT INTO projects VALUES
        ('cap-1', 'acc-1', 'main', 'EXCLUSIVE', 'DESKTOP', 'app-1', 1280, 720, 60, 1, 2, 120000, '', NULL, 1);
      INSERT INTO render_nodes VALUES
        ('node-1', 'boot-1', 'one', 'eu', '1', 'DESKTOP', true, 1), ('node-2', 'boot-1', 'two', 'eu', '1', 'DESKTOP', false, 1);
      INSERT INTO slots VALUES ('node-1', 0, 'busy', 'ses-1', 'cap-1', NULL), ('node-1', 1, 'idle', NULL, NULL, NULL),
        ('node-2', 0, 'idle', NULL, NULL, NULL);
      INSERT INTO sessions (id, account_id, user_id, user_ip, project_id, application_id, application_version_id, node_id,
        slot_index, state, run_without_client, reconnect_grace_ms, application_parameters, created_at)
        VALUES ('ses-1', 'acc-1', 'u1', '', 'cap-1', 'app-1', 'ver-1', 'node-1', 0, 'running', false, 120000, '', 1);`);
    await migrate(database, 2);
    expect(await readSchemaVersion(database)).toBe(latestSchemaVersion);
    const slots = await rows(
      database,
      sql`SELECT node_id, slot_index, state, online, pool_id FROM slots ORDER BY 1, 2`,
    );
    expect(slots).toEqual([
      { node_id: 'node-1', slot_index: 0, state: 'busy', online: true, pool_id: 'DESKTOP/eu/*' },
      { node_id: 'node-1', slot_index: 1, state: 'idle', online: true, pool_id: 'DESKTOP/eu/*' },
      { node_id: 'node-2', slot_index: 0, state: 'idle', online: false, pool_id: 'DESKTOP/eu/*' },
    ]);
    const [project] = await rows(database, sql`SELECT concurrency_type, is_preload, preload_ms FROM projects`);
    expect(project).toEqual({ concurrency_type: 'L1', is_preload: false, preload_ms: 30_000 });
    await expect(client.exec("UPDATE sessions SET user_id = NULL WHERE id = 'ses-1'")).rejects.toThrow(/sessions_user/);
    await expect(client.exec("UPDATE sessions SET state = 'prelaunched', user_id = NULL")).resolves.toBeDefined();
  } finally {
    await client.close();
  }
});
