import { sql } from 'drizzle-orm';
import pg from 'pg';
import { type Database, openDatabase } from '../db/open.js';
import { createLogger } from '../observability/logger.js';
import { applyInput, createHarness, createInput, type Harness } from './harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from './node-simulator.testkit.js';

/** What a big installation holds. */
const fill = { nodes: 10_000, slotsPerNode: 4, live: 10_000, ended: 50_000 };

/** How the server carries out one statement of a use case. */
export interface QueryPlan {
  /** Use case that sends it. */
  readonly useCase: string;
  readonly statement: string;
  /** Lines of EXPLAIN (ANALYZE), of the plan that is kept for the connection. */
  readonly plan: readonly string[];
}

interface Captured {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Records what the driver sends while `work` runs. Changes the driver's prototype, so that the product needs no hook. */
async function capture(work: () => Promise<unknown>): Promise<Captured[]> {
  const prototype = pg.Client.prototype;
  const query = prototype.query as (...args: unknown[]) => unknown;
  const captured: Captured[] = [];
  prototype.query = function watched(this: pg.Client, ...args: unknown[]) {
    const [config, values] = args;
    const text = typeof config === 'object' && config !== null && 'text' in config ? config.text : config;
    if (typeof text === 'string' && Array.isArray(values)) captured.push({ text, values });
    return query.apply(this, args);
  } as typeof prototype.query;
  try {
    await work();
  } finally {
    prototype.query = query as typeof prototype.query;
  }
  return captured;
}

async function fillDatabase(database: Database, h: Harness): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => database.executor.execute(statement);
  const owned = sql`(i - 1) * ${fill.slotsPerNode} < ${fill.live}`;
  await run(sql`INSERT INTO slot_pools (id, category, region, types) VALUES ('DESKTOP/local/*', 'DESKTOP', 'local', '[]')
    ON CONFLICT DO NOTHING`);
  await run(sql`INSERT INTO render_nodes (id, boot_id, name, region, version, category, online, last_seen_at, pool_id)
    SELECT 'fill-' || i, 'boot', 'fill', 'local', '0.0.0', 'DESKTOP', true, ${h.now()}::bigint, 'DESKTOP/local/*'
    FROM generate_series(1, ${fill.nodes}::integer) i`);
  await run(sql`INSERT INTO slots (node_id, slot_index, state, session_id, project_id, deadline_at, online, pool_id, spread)
    SELECT 'fill-' || i, s, CASE WHEN ${owned} THEN 'busy' ELSE 'idle' END,
      CASE WHEN ${owned} THEN 'live-' || i || '-' || s END, CASE WHEN ${owned} THEN ${h.projectId} END, NULL, true,
      'DESKTOP/local/*', floor(random() * 2147483647)::integer
    FROM generate_series(1, ${fill.nodes}::integer) i, generate_series(0, ${fill.slotsPerNode}::integer - 1) s`);
  const insertSessions = sql`INSERT INTO sessions (id, account_id, user_id, user_ip, project_id, application_id,
      application_version_id, node_id, slot_index, state, deadline_at, run_without_client, reconnect_grace_ms,
      application_parameters, end_reason, created_at, launched_at, ended_at)`;
  const versionId = `ver-${h.applicationId.slice(4)}`;
  const common = sql`'198.51.100.4', ${h.projectId}, ${h.applicationId}, ${versionId}`;
  await run(sql`${insertSessions}
    SELECT session_id, ${h.caller.accountId}, 'user of ' || session_id, ${common}, node_id, slot_index, 'running', NULL,
      false, 120000, '', NULL, 1, 1, NULL FROM slots WHERE state = 'busy'`);
  await run(sql`${insertSessions}
    SELECT 'ended-' || i, ${h.caller.accountId}, 'user-' || i % 5000, ${common}, 'fill-' || 1 + i % ${fill.nodes}::integer,
      i % ${fill.slotsPerNode}::integer, 'ended', NULL, false, 120000, '', 'user', i, i, i
    FROM generate_series(1, ${fill.ended}::integer) i`);
  await run(sql`VACUUM ANALYZE`);
}

/** Statements in the order of the use cases, each once. */
async function runUseCases(h: Harness, node: NodeSimulator): Promise<Map<string, Captured[]>> {
  const useCases = new Map<string, Captured[]>();
  const record = async (name: string, work: () => Promise<unknown>) => {
    useCases.set(name, await capture(work));
  };
  const { services, caller } = h;
  const key = await services.ensureAccessKey();
  await record('signature check', () => services.findAccessKey(key.secretId));
  await record('ApplyConcurrent', () => services.applyConcurrent(caller, applyInput(h, 'u1')));
  const granted = await services.grantPackage({
    accountId: caller.accountId,
    name: 'plans',
    type: 'L1',
    region: 'local',
    amount: 1_000,
    expiresAt: null,
    force: true,
  });
  await services.bindPackages(caller, { packageIds: [granted.id], projectId: h.projectId });
  await h.database.executor.execute(sql`ANALYZE concurrencies`);
  await record('ApplyConcurrent with a package', () => services.applyConcurrent(caller, applyInput(h, 'u2')));
  // What follows happens on the simulated node, the only one that answers.
  await h.database.executor.execute(
    sql`UPDATE slots SET state = 'failed' WHERE state = 'idle' AND node_id LIKE 'fill-%'`,
  );
  await services.applyConcurrent(caller, applyInput(h, 'u3'));
  await record('ApplyConcurrent without an idle slot', async () => {
    await services.applyConcurrent(caller, applyInput(h, 'u4'));
    await services.applyConcurrent(caller, applyInput(h, 'u5'));
  });
  await record('CreateSession', () => services.createSession(caller, createInput('u3')));
  await record("a node's status", () => node.sendStatus());
  await record('DestroySession', async () => {
    await services.destroySession(caller, { userId: 'u3' });
    await h.settled();
  });
  h.advance(60_000);
  await node.sendStatus();
  await record('sweep', () => services.sweep());
  return useCases;
}

async function explain(database: Database, { text, values }: Captured): Promise<string[]> {
  const literals = values.map((value) =>
    value === null || value === undefined
      ? 'NULL'
      : pg.escapeLiteral(typeof value === 'object' ? JSON.stringify(value) : String(value)),
  );
  const lines: string[] = [];
  const undo = new Error('undo');
  await database
    .transaction(async (tx) => {
      // As the driver prepares it, and the plan that the server keeps for the connection.
      await tx.execute(sql`SET LOCAL plan_cache_mode = force_generic_plan`);
      await tx.execute(sql.raw(`PREPARE explained AS ${text}`));
      const call = literals.length === 0 ? 'explained' : `explained(${literals.join(', ')})`;
      const { rows } = (await tx.execute(
        sql.raw(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE ${call}`),
      )) as unknown as { readonly rows: readonly { readonly 'QUERY PLAN': string }[] };
      await tx.execute(sql`DEALLOCATE explained`);
      lines.push(...rows.map((row) => row['QUERY PLAN']));
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  return lines;
}

/** Fills an empty PostgreSQL database as a big installation would, runs the hot use cases and explains what they sent. */
export async function collectQueryPlans(url: string): Promise<QueryPlan[]> {
  const database = await openDatabase(url, { logger: createLogger({ level: 'silent', name: 'plans' }) });
  const h = await createHarness(database);
  try {
    await fillDatabase(database, h);
    const node = await startNodeSimulator(h.uplink, { slots: 2 });
    await h.settled();
    const seen = new Set<string>();
    const plans: QueryPlan[] = [];
    for (const [useCase, captured] of await runUseCases(h, node)) {
      for (const statement of captured) {
        if (seen.has(statement.text)) continue;
        seen.add(statement.text);
        plans.push({ useCase, statement: statement.text, plan: await explain(database, statement) });
      }
    }
    return plans;
  } finally {
    await h.stop();
    await database.close();
  }
}
