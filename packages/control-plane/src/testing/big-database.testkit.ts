import { sql } from 'drizzle-orm';
import type { Harness } from './harness.testkit.js';

/** What a big installation holds. */
const fill = { nodes: 10_000, slotsPerNode: 4, live: 10_000, ended: 50_000, guests: 5_000, accounts: 5_000, seats: 4 };
/** Pool of the filled nodes. */
const pool = 'DESKTOP/local/*';

/**
 * Fills the harness's database as a big installation would: 10,000 nodes of four slots, 10,000 live sessions on them, all of one
 * project, 50,000 past ones with their events and use, and 5,000 accounts with an application, a project and a package of 4 seats
 * each. No filled node answers commands.
 */
export async function fillBigDatabase(h: Harness): Promise<void> {
  await fillAccounts(h);
  await fillNodes(h);
  await fillSessions(h);
  await h.database.executor.execute(sql`VACUUM ANALYZE`);
}

async function fillAccounts({ database }: Harness): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => database.executor.execute(statement);
  const each = sql`FROM generate_series(1, ${fill.accounts}::integer) i`;
  await run(
    sql`INSERT INTO accounts (id, number, name, created_at) SELECT 'acc-' || i, 1000000 + i, 'fill ' || i, i ${each}`,
  );
  await run(sql`INSERT INTO access_keys (secret_id, account_id, secret_cipher, enabled, created_at)
    SELECT 'AKID-' || i, 'acc-' || i, '', true, i ${each}`);
  await run(sql`INSERT INTO applications (id, account_id, name, kind, args, created_at)
    SELECT 'app-' || i, 'acc-' || i, 'fill', 'Application3D', '[]', i ${each}`);
  await run(sql`INSERT INTO application_versions (id, application_id, state, file_name, manifest_sha256, total_bytes, created_at)
    SELECT 'ver-' || i, 'app-' || i, 'in-use', 'fill.zip', '', 1, i ${each}`);
  await run(sql`INSERT INTO projects (id, account_id, name, type, category, application_id, width, height, fps, min_bitrate_bps,
      max_bitrate_bps, reconnect_grace_ms, parameters, created_at)
    SELECT 'cap-' || i, 'acc-' || i, 'fill', 'EXCLUSIVE', 'DESKTOP', 'app-' || i, 1280, 720, 60, 1, 2, 3, '', i ${each}`);
  await run(sql`INSERT INTO concurrent_packages (id, account_id, name, type, region, amount, project_id, state, created_at)
    SELECT 'cac-' || i, 'acc-' || i, 'fill', 'L1', 'local', ${fill.seats}, 'cap-' || i, 'active', i ${each}`);
  await run(sql`INSERT INTO concurrencies (package_id, project_id, seat)
    SELECT k.id, k.project_id, i FROM concurrent_packages k, generate_series(1, ${fill.seats}::integer) i`);
}

async function fillNodes(h: Harness): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => h.database.executor.execute(statement);
  const owned = sql`(i - 1) * ${fill.slotsPerNode}::integer < ${fill.live}`;
  await run(sql`INSERT INTO slot_pools (id, category, region, types) VALUES (${pool}, 'DESKTOP', 'local', '[]')
    ON CONFLICT DO NOTHING`);
  await run(sql`INSERT INTO render_nodes (id, boot_id, name, region, version, category, online, last_seen_at, pool_id)
    SELECT 'fill-' || i, 'boot', 'fill', 'local', '0.0.0', 'DESKTOP', true, ${h.now()}::bigint, ${pool}
    FROM generate_series(1, ${fill.nodes}::integer) i`);
  await run(sql`INSERT INTO slots (node_id, slot_index, state, session_id, project_id, deadline_at, online, pool_id, spread)
    SELECT 'fill-' || i, s, CASE WHEN ${owned} THEN 'busy' ELSE 'idle' END,
      CASE WHEN ${owned} THEN 'live-' || i || '-' || s END, CASE WHEN ${owned} THEN ${h.projectId} END, NULL, true,
      ${pool}, floor(random() * 2147483647)::integer
    FROM generate_series(1, ${fill.nodes}::integer) i, generate_series(0, ${fill.slotsPerNode}::integer - 1) s`);
}

async function fillSessions(h: Harness): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => h.database.executor.execute(statement);
  const { accountId } = h.caller;
  const insertSessions = sql`INSERT INTO sessions (id, account_id, user_id, user_ip, project_id, application_id,
      application_version_id, node_id, slot_index, state, deadline_at, run_without_client, reconnect_grace_ms,
      application_parameters, end_reason, created_at, launched_at, ended_at)`;
  const versionId = `ver-${h.applicationId.slice(4)}`;
  const common = sql`'198.51.100.4', ${h.projectId}, ${h.applicationId}, ${versionId}`;
  await run(sql`${insertSessions}
    SELECT session_id, ${accountId}, 'user of ' || session_id, ${common}, node_id, slot_index, 'running', NULL,
      false, 120000, '', NULL, ${h.now()}::bigint - 1, ${h.now()}::bigint, NULL FROM slots WHERE state = 'busy'`);
  // Half of them are older than the history is kept.
  await run(sql`${insertSessions}
    SELECT 'ended-' || i, ${accountId}, 'user-' || i % 5000, ${common}, 'fill-' || 1 + i % ${fill.nodes}::integer,
      i % ${fill.slotsPerNode}::integer, 'ended', NULL, false, 120000, '', 'user', at, at, at
    FROM (SELECT i, CASE WHEN i % 2 = 0 THEN i ELSE ${h.now()}::bigint - i END AS at
      FROM generate_series(1, ${fill.ended}::integer) i) past`);
  await run(sql`INSERT INTO usage_intervals (session_id, started_at, ended_at, kind, account_id, project_id, application_id,
      concurrency_type, region, user_id)
    SELECT id, ended_at, ended_at + 1000, 'active', account_id, project_id, application_id, 'L1', 'local', user_id
    FROM sessions WHERE state = 'ended'`);
  await run(sql`INSERT INTO session_guests (account_id, user_id, session_id, role, seat, created_at)
    SELECT account_id, 'guest of ' || id, id, 'Player', 2, 1 FROM sessions WHERE state <> 'ended' LIMIT ${fill.guests}`);
  await run(sql`INSERT INTO session_publishes (session_id, state, message, updated_at)
    SELECT session_id, 'stopped', '', 1 FROM session_guests`);
}
