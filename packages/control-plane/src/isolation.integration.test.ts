import { type ActionName, actionNames, actions } from '@cloudstage/cloud-api';
import { sql } from 'drizzle-orm';
import { type FastifyInstance, fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { responseOf, sendRaw, tc3Headers, testOffer } from './cloud-api/api-server.testkit.js';
import { cloudApiServerOptions, registerCloudApi } from './cloud-api/index.js';
import type { Database } from './db/open.js';
import { rows } from './db/rows.js';
import { openTestDatabase, resetDatabase } from './testing/database.testkit.js';
import { applyInput, createHarness, createInput, type Harness } from './testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from './testing/node-simulator.testkit.js';

/**
 * Every offered action, called by one account with the ids of another. Requests are made from the schemas, so that an action
 * that is added later is tried without anybody thinking of it.
 */

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

let database: Database;
let harness: Harness;
let node: NodeSimulator;
let server: FastifyInstance;
let port = 0;
/** Ids of all that the victim has; the intruder makes things of its own in some calls, which it may be told. */
let ids: ReadonlySet<string> = new Set();
let victimIds: Readonly<Record<string, string>> = {};
let intruder: { secretId: string; secretKey: string };

beforeAll(async () => {
  database = await openTestDatabase();
  await resetDatabase(database);
  harness = await createHarness(database);
  node = await startNodeSimulator(harness.uplink);
  await harness.services.applyConcurrent(harness.caller, applyInput(harness, 'victim'));
  await harness.services.createSession(harness.caller, createInput('victim'));
  await harness.services.grantPackage({
    accountId: harness.caller.accountId,
    name: 'victims',
    type: 'S1',
    region: node.describe().region,
    amount: 1,
    expiresAt: null,
    force: true,
  });
  const { accountId } = await harness.services.createAccount({ name: 'intruder' });
  const { secretId, secretKey } = await harness.services.createAccessKey({ accountId });
  intruder = { secretId, secretKey };
  server = fastify(cloudApiServerOptions);
  const rateLimits = Object.fromEntries(actionNames.map((name) => [name, 1_000]));
  const { services, now } = harness;
  registerCloudApi(server, { services, logger: harness.deps.logger, config: { rateLimits }, now });
  await server.listen({ host: '127.0.0.1', port: 0 });
  port = (server.server.address() as { port: number }).port;
  ids = await readIds();
  const first = (prefix: string) => [...ids].find((id) => id.startsWith(prefix)) ?? `${prefix}00000000`;
  victimIds = {
    UserId: 'victim',
    HostUserId: 'victim',
    ProjectId: harness.projectId,
    ApplicationId: harness.applicationId,
    ApplicationVersionId: first('ver-'),
    ConcurrentId: first('cac-'),
  };
});
afterAll(async () => {
  await server.close();
  await node.close();
  await harness.stop();
  await database.close();
});

/** Every row of every table as text; what calls may touch in passing is left out. */
async function readRows(): Promise<ReadonlySet<string>> {
  const tables = await rows<{ name: string }>(
    database.executor,
    sql`SELECT quote_ident(tablename) AS name FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('audit_log', 'schema_migrations', 'render_nodes')`,
  );
  const all = new Set<string>();
  for (const { name } of tables) {
    const found = await rows<{ row: Record<string, unknown> }>(
      database.executor,
      sql.raw(`SELECT to_jsonb(t) - 'last_used_at' AS row FROM ${name} t`),
    );
    for (const { row } of found) all.add(`${name} ${JSON.stringify(row)}`);
  }
  return all;
}

/** Ids of everything there is. */
async function readIds(): Promise<ReadonlySet<string>> {
  const text = [...(await readRows())].join('\n');
  return new Set([...text.matchAll(/\b(app|ver|cap|cac|ses)-[a-z0-9]{8,}/g)].map(([id]) => id));
}

const examples: Readonly<Record<string, unknown>> = {
  ClientSession: testOffer,
  UserIp: '198.51.100.4',
  ApplicationDownloadUrl: 'https://files.example.com/game.zip',
  PublishStreamUrl: 'rtmp://live.example.com/app/stream',
};

/** A value that fits a schema; ids are those of the victim. */
function exampleOf(name: string, schema: Schema): unknown {
  const id = victimIds[name] ?? victimIds[name.replace(/s$/, '')];
  if (schema.type === 'array') return [id ?? exampleOf(name, schema.items ?? {})];
  if (id !== undefined) return id;
  if (examples[name] !== undefined) return examples[name];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return exampleOf(name, schema.anyOf[0] ?? {});
  if (schema.type === 'object') return requestOf(schema, true);
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1;
  if (schema.type === 'boolean') return false;
  return 'example';
}

/** A request with the fields that must be there and all ids, or with everything. */
function requestOf(schema: Schema, isComplete: boolean): Record<string, unknown> {
  const wanted = Object.entries(schema.properties ?? {}).filter(
    ([name]) => isComplete || schema.required?.includes(name) || victimIds[name.replace(/s$/, '')] !== undefined,
  );
  return Object.fromEntries(wanted.map(([name, part]) => [name, exampleOf(name, part)]));
}

async function callAsIntruder(action: ActionName, request: Record<string, unknown>) {
  const body = JSON.stringify(request);
  const timestamp = Math.floor(harness.now() / 1_000);
  return responseOf(await sendRaw(port, { headers: tc3Headers(body, { ...intruder, action, timestamp }), body }));
}

describe.each(actionNames)('%s', (action) => {
  it.each([
    ['the ids alone', false],
    ['every field', true],
  ])('with %s of another account changes and tells nothing of it', async (_name, isComplete) => {
    const before = await readRows();
    const request = requestOf(actions[action].request as Schema, isComplete);
    const response = await callAsIntruder(action, request);
    await harness.settled();
    expect(response.Error?.Code).not.toBe('InternalError');
    const after = await readRows();
    expect([...before].filter((row) => !after.has(row))).toEqual([]);
    const sent = JSON.stringify(request);
    const told = [...ids].filter((id) => !sent.includes(id) && JSON.stringify(response).includes(id));
    expect(told).toEqual([]);
  });

  it('without any id tells nothing of another account', async () => {
    const schema = actions[action].request as Schema;
    const required = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
    if (required.some(([name]) => victimIds[name.replace(/s$/, '')] !== undefined)) return;
    const request = Object.fromEntries(required.map(([name, part]) => [name, exampleOf(name, part)]));
    const text = JSON.stringify(await callAsIntruder(action, request));
    expect([...ids].filter((id) => text.includes(id))).toEqual([]);
  });
});

it('would have noticed: the owner is told and changes things by the same requests', async () => {
  const { accountId } = harness.caller;
  const own = await harness.services.createAccessKey({ accountId });
  intruder = { secretId: own.secretId, secretKey: own.secretKey };
  const before = await readRows();
  const request = requestOf(actions.DestroySession.request as Schema, true);
  expect((await callAsIntruder('DestroySession', request)).Error).toBeUndefined();
  await harness.settled();
  const after = await readRows();
  expect([...before].filter((row) => row.includes('"victim"') && !after.has(row))).toHaveLength(1);
});
