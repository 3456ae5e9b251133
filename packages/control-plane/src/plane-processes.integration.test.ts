import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CloudApiClient, createCloudApiClient } from '@cloudstage/cloud-api';
import { encodeSessionEnvelope, isAppError } from '@cloudstage/protocol';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rows } from './db/rows.js';
import { listSlots } from './db/slots.js';
import { bundleTestkit } from './testing/bundle.testkit.js';
import { createTestDatabase, onPostgres, openTestDatabase } from './testing/database.testkit.js';
import { createHarness, type Harness, testMasterKey, until } from './testing/harness.testkit.js';
import { findViolations } from './testing/invariants.testkit.js';
import { type NodeSimulator, startNodeSimulator } from './testing/node-simulator.testkit.js';
import { createPlaneNetwork, type PlaneNetwork, type PlaneProcess } from './testing/plane-processes.testkit.js';
import type { EmptyDatabase } from './testing/postgres-cluster.testkit.js';

const nodeIds = ['node-1', 'node-2', 'node-3', 'node-4'];
const slotsPerNode = 6;
/** Fewer than slots: both are short. */
const seats = 20;
const clients = 64;
const callsOfClient = 6;
const timeout = 240_000;
/** What clients who are in each other's way may be told; anything else is a failure. */
const expectedCodes = new Set([
  'ok',
  'ResourceNotFound.NoIdle',
  'FailedOperation.LockTimeout',
  'FailedOperation.SlowDown',
  'UnsupportedOperation.Stopping',
]);
const userIp = '198.51.100.4';
const offer = encodeSessionEnvelope({ sdp: 'v=0\r\n', type: 'offer' });

// The embedded database belongs to one process.
describe.runIf(onPostgres())('two control planes, processes of their own, on one database', () => {
  let made: EmptyDatabase;
  let dataDir: string;
  let script: string;
  /** Looks into the database; the control planes are not here. */
  let h: Harness;
  let network: PlaneNetwork;
  let planes: PlaneProcess[];
  let nodes: NodeSimulator[];
  let apis: CloudApiClient[];

  beforeAll(async () => {
    made = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'cloudstage-planes-'));
    script = await bundleTestkit('plane-child');
    network = createPlaneNetwork(script);
    const unlimited = 100_000;
    const config = {
      dataDir,
      databaseUrl: made.url,
      masterKey: testMasterKey.toString('base64'),
      api: { port: 0 },
      // Reservations outlast what 64 clients and the looks at them take on a busy machine.
      sessions: { sweepSeconds: 0.05, reservationSeconds: 20, cleaningSeconds: 5 },
      cloudApi: { rateLimits: { ApplyConcurrent: unlimited, CreateSession: unlimited, DestroySession: unlimited } },
    };
    // On an empty database: one migrates, the other waits for it.
    planes = await Promise.all([network.start(config), network.start(config)]);
    h = await createHarness(await openTestDatabase(made.url), { startAt: Date.now() });
    nodes = [];
    for (const nodeId of nodeIds) nodes.push(await startNodeSimulator(network.uplink, { nodeId, slots: slotsPerNode }));
    const { accountId } = h.caller;
    const grant = { accountId, name: 'p', type: 'L1', region: 'local', amount: seats, expiresAt: null, force: false };
    const { id } = await h.services.grantPackage(grant);
    await h.services.bindPackages(h.caller, { packageIds: [id], projectId: h.projectId });
    const key = await h.services.createAccessKey({ accountId });
    apis = planes.map(({ url }) => createCloudApiClient({ endpoint: url, ...key }));
  }, timeout);
  afterAll(async () => {
    await network?.close();
    await h?.stop();
    await h?.database.close();
    await made?.drop();
    await rm(dataDir, { recursive: true, force: true });
    await rm(script, { force: true });
  });

  /** As a load balancer would: another one when the first cannot be reached. Gives `ok` or the public code. */
  const call = async (client: number, use: (api: CloudApiClient) => Promise<unknown>): Promise<string> => {
    for (let attempt = 0; ; attempt += 1) {
      const chosen = (client + attempt) % planes.length;
      try {
        await use(apis[chosen]!);
        return 'ok';
      } catch (error) {
        if (!isAppError(error)) throw error;
        if (error.code !== 'cloud-api-unreachable' || attempt > planes.length) return error.code;
      }
    }
  };
  const apply = (client: number, user: string) =>
    call(client, (api) => api.applyConcurrent({ UserId: user, UserIp: userIp, ProjectId: h.projectId }));
  const create = (client: number, user: string) =>
    call(client, (api) => api.createSession({ UserId: user, UserIp: userIp, ClientSession: offer }));
  const destroy = (client: number, user: string) => call(client, (api) => api.destroySession({ UserId: user }));
  const live = () => h.services.listSessions();
  const allIdle = async () => (await listSlots(h.database.executor)).every((slot) => slot.state === 'idle');
  const sendStatus = () => Promise.all(nodes.map((node) => node.sendStatus()));
  /** Ends that the history knows, by session: each session ends once, whoever saw it. */
  const countEnds = async () => {
    const found = await rows<{ id: string; state: string; ends: number }>(
      h.database.executor,
      sql`SELECT s.id, s.state, (SELECT count(*)::integer FROM session_events e WHERE e.session_id = s.id AND e.state = 'ended')
        AS ends FROM sessions s`,
    );
    return { sessions: found.length, wrong: found.filter((row) => row.ends !== (row.state === 'ended' ? 1 : 0)) };
  };

  it('give no slot and no concurrency twice to clients who come to both', { timeout }, async () => {
    const users = Array.from({ length: clients }, (_, index) => `u${index}`);
    const codes = await Promise.all(users.map((user, index) => apply(index, user)));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(seats);
    expect([...new Set(codes)].sort()).toEqual(['ResourceNotFound.NoIdle', 'ok']);
    expect(await live()).toHaveLength(seats);
    expect(await findViolations(h.database)).toEqual([]);
    // Whose reservation is it? Both say the same.
    const holders = users.filter((_, index) => codes[index] === 'ok');
    for (const [index, user] of holders.entries()) expect(await apply(index + 1, user)).toBe('ok');
    expect(await live()).toHaveLength(seats);
  });

  it('end each reservation that expires once, though both look for them', { timeout }, async () => {
    await until('reservations to expire', async () => (await live()).length === 0, timeout);
    await until('idle slots', allIdle, timeout);
    expect(await countEnds()).toEqual({ sessions: seats, wrong: [] });
    expect(await findViolations(h.database)).toEqual([]);
  });

  it('hold together when one is killed in the middle, and the other carries on', { timeout }, async () => {
    const codes = new Map<string, number>();
    const count = (code: string) => codes.set(code, (codes.get(code) ?? 0) + 1);
    let calls = 0;
    const client = async (index: number) => {
      for (let round = 0; round < callsOfClient; round += 1) {
        const user = `v${(index * 7 + round) % 40}`;
        count(await apply(index, user));
        count(await create(index + 1, user));
        if (round % 3 !== 0) count(await destroy(index, user));
        calls += 1;
        if (calls === (clients * callsOfClient) / 3) await planes[1]!.kill();
      }
    };
    let over = false;
    const violations: string[] = [];
    const watch = async () => {
      while (!over) {
        violations.push(...(await findViolations(h.database)));
        await sendStatus();
      }
    };
    const watching = watch();
    await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
    over = true;
    await watching;
    expect(planes.map((plane) => plane.isAlive())).toEqual([true, false]);
    expect(violations).toEqual([]);
    expect(codes.get('ok')).toBeGreaterThan(clients);
    expect([...codes.keys()].filter((code) => !expectedCodes.has(code))).toEqual([]);

    for (let index = 0; index < 40; index += 1) await destroy(0, `v${index}`);
    await until(
      'all slots to be idle',
      async () => {
        await sendStatus();
        return (await allIdle()) && (await live()).length === 0;
      },
      timeout,
    );
    expect((await countEnds()).wrong).toEqual([]);
    expect(await findViolations(h.database)).toEqual([]);
    expect(await apply(1, 'after')).toBe('ok');
  });
});
