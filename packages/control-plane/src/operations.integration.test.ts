import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSessionEnvelope, isAppError } from '@cloudstage/protocol';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ControlPlaneConfig, ControlPlaneConfigSchema } from './config.js';
import { type ControlPlane, createControlPlane } from './control-plane.js';
import { createInProcessNodeLink } from './node-link/in-process.js';
import { createLogger } from './observability/logger.js';
import { buildZip } from './storage/archives.testkit.js';
import { createTestDatabase } from './testing/database.testkit.js';
import { until } from './testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from './testing/node-simulator.testkit.js';

const { car } = createRequire(import.meta.url)('tencentcloud-sdk-nodejs/tencentcloud/services/car');

/** What an operator has: keys, the audit log, metrics, logs without secrets; over the whole control plane. */

let dir: string;
let plane: ControlPlane;
let node: NodeSimulator;
let url: string;
let metricsUrl: string;
let drop: () => Promise<void>;
const log: string[] = [];
/** Everything that must not be in the log or the audit log. */
const secrets: string[] = [];
const secret = (text: string): string => {
  secrets.push(text);
  return text;
};
const { link, uplink } = createInProcessNodeLink();

const sdk = (key: { secretId: string; secretKey: string }, at = url) =>
  new car.v20220110.Client({
    credential: key,
    region: '',
    profile: { httpProfile: { endpoint: new URL(at).host, protocol: 'http://', reqTimeout: 10 } },
  });
const configOf = (patch: Record<string, unknown>): ControlPlaneConfig => {
  const config = Value.Default(ControlPlaneConfigSchema, patch);
  if (!Value.Check(ControlPlaneConfigSchema, config)) throw new Error('the defaults do not fit the schema');
  return config;
};

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  vi.stubEnv('http_proxy', '');
  dir = await mkdtemp(join(tmpdir(), 'cloudstage-operations-'));
  const made = await createTestDatabase();
  drop = made.drop;
  const metricsPort = await freePort();
  const config = configOf({
    dataDir: dir,
    databaseUrl: made.url,
    masterKey: secret(Buffer.alloc(32, 5).toString('base64')),
    masterKeyPrevious: [secret(Buffer.alloc(32, 6).toString('base64'))],
    api: { port: 0 },
    metrics: { token: secret('scraper-token-0123456789'), port: metricsPort },
    sessions: { sweepSeconds: 0.05 },
  });
  const logger = createLogger({ level: 'trace', name: 'test', destination: { write: (line) => void log.push(line) } });
  plane = await createControlPlane(config, { nodeLink: link, logger });
  ({ url } = await plane.listen());
  metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
  node = await startNodeSimulator(uplink);
});
afterAll(async () => {
  await uplink.close();
  await plane.close();
  await drop();
  await rm(dir, { recursive: true });
});

let projectId: string;
let accountId: string;
let key: { secretId: string; secretKey: string };

it('has a project to play with', async () => {
  const first = await plane.admin.ensureFirstAccessKey();
  secret(first.secretKey ?? '');
  ({ accountId } = first);
  const archivePath = join(dir, 'game.zip');
  await writeFile(archivePath, buildZip([{ name: 'bin/game', content: '\x7fELF a program', mode: 0o100755 }]));
  const { applicationId } = await plane.admin.findOrCreateApplication({
    name: 'game',
    kind: 'Application3D',
    entryPath: 'bin/game',
    args: [secret('--licence=4711-0815')],
    archivePath,
    archiveName: 'game.zip',
  });
  ({ projectId } = await plane.admin.findOrCreateProject({
    name: 'main',
    applicationId,
    parameters: secret('-server-password=hunter2'),
  }));
});

describe('access keys', () => {
  it('open exactly what they should, and stop working at once', async () => {
    const made = await plane.admin.createAccessKey({ accountId, permissions: ['car:Describe*'] });
    key = { secretId: made.secretId, secretKey: secret(made.secretKey) };
    const client = sdk(key);
    expect(await client.DescribeConcurrentCount({ ProjectId: projectId })).toMatchObject({ Total: 2 });
    const refused = (code: string) => expect.objectContaining({ code });
    await expect(client.DestroySession({ UserId: 'u1' })).rejects.toEqual(refused('AuthFailure.UnauthorizedOperation'));
    await plane.admin.modifyAccessKey(key.secretId, { permissions: ['car:*'] });
    await client.DestroySession({ UserId: 'u1' });
    await plane.admin.disableAccessKey(key.secretId);
    await expect(client.DestroySession({ UserId: 'u1' })).rejects.toEqual(refused('AuthFailure.SecretIdNotFound'));
    await plane.admin.enableAccessKey(key.secretId);
    await plane.admin.disableAccount(accountId);
    await expect(client.DestroySession({ UserId: 'u1' })).rejects.toEqual(refused('AuthFailure.SecretIdNotFound'));
    await plane.admin.enableAccount(accountId);
    await plane.admin.modifyAccessKey(key.secretId, { sourceRanges: ['192.0.2.0/24'] });
    await expect(client.DestroySession({ UserId: 'u1' })).rejects.toEqual(refused('IpNotInWhitelist'));
    await plane.admin.modifyAccessKey(key.secretId, { sourceRanges: ['127.0.0.0/8'] });
    await client.DestroySession({ UserId: 'u1' });
    const used = async () =>
      (await plane.admin.listAccessKeys(accountId)).find(({ secretId }) => secretId === key.secretId)?.lastUsedAt;
    await until('the last use', used);
  });

  it('rotate without a gap', async () => {
    const made = await plane.admin.rotateAccessKey({ secretId: key.secretId, oldValidUntil: Date.now() + 3_600_000 });
    for (const working of [key, { secretId: made.secretId, secretKey: secret(made.secretKey) }]) {
      await sdk(working).DescribeConcurrentCount({ ProjectId: projectId });
    }
    await plane.admin.rotateAccessKey({ secretId: made.secretId, oldValidUntil: Date.now() }).then((last) => {
      secret(last.secretKey);
    });
    await expect(sdk(made).DescribeConcurrentCount({ ProjectId: projectId })).rejects.toMatchObject({
      code: 'AuthFailure.SecretIdNotFound',
    });
  });

  it('are sealed anew on demand', async () => {
    expect(await plane.admin.resealSecrets()).toMatchObject({ resealed: 0, unreadable: [] });
  });
});

describe('the audit log', () => {
  it('has every operation of the operator, with its outcome', async () => {
    await expect(plane.admin.deleteAccessKey('AKIDmissing')).rejects.toSatisfy((error) =>
      isAppError(error, 'access-key-not-found'),
    );
    await plane.services.audit.flush();
    const { entries } = await plane.admin.queryAuditLog({ limit: 1_000 });
    const operations = entries.filter(({ actor }) => actor === 'operator');
    expect(operations[0]).toMatchObject({
      action: 'deleteAccessKey',
      outcome: 'access-key-not-found',
      targets: ['AKIDmissing'],
    });
    const named = new Set(operations.map(({ action }) => action));
    for (const action of ['createAccessKey', 'modifyAccessKey', 'disableAccount', 'rotateAccessKey', 'resealSecrets']) {
      expect(named, action).toContain(action);
    }
    expect([...named].filter((action) => /^(list|query|has)/.test(action))).toEqual([]);
    const created = operations.find(({ action }) => action === 'createAccessKey');
    expect(created).toMatchObject({ accountId, outcome: 'ok', targets: expect.arrayContaining([key.secretId]) });
  });

  it('has every change through the API', async () => {
    const { RequestId } = await sdk(key).DestroySession({ UserId: 'u1' });
    await plane.services.audit.flush();
    const { entries } = await plane.admin.queryAuditLog({ requestId: RequestId });
    expect(entries).toMatchObject([
      {
        actor: 'api',
        accountId,
        secretId: key.secretId,
        action: 'DestroySession',
        sourceAddress: '127.0.0.1',
        targets: ['u1'],
        outcome: 'ok',
      },
    ]);
  });
});

describe('metrics', () => {
  const scrape = async (authorization?: string) =>
    fetch(metricsUrl, authorization === undefined ? {} : { headers: { authorization } });

  it('are on their own port, behind the token, and not on the API', async () => {
    expect((await scrape()).status).toBe(403);
    expect((await scrape('Bearer wrong')).status).toBe(403);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await scrape('Bearer scraper-token-0123456789')).status).toBe(200);
  });

  it('show calls, slots, nodes and the database', async () => {
    const text = await (await scrape('Bearer scraper-token-0123456789')).text();
    expect(text).toMatch(/api_request_duration_seconds_count\{action="DestroySession",code="ok"\} [1-9]/);
    expect(text).toMatch(/authentication_failures_total\{code="AuthFailure.SecretIdNotFound"\} [1-9]/);
    expect(text).toMatch(/cloudstage_slots\{region="[^"]+",state="idle"\} 2/);
    expect(text).toMatch(/cloudstage_nodes\{region="[^"]+",state="online"\} 1/);
    expect(text).toMatch(/database_duration_seconds_count\{kind="transaction",outcome="ok"\} [1-9]/);
    expect(text).toMatch(/sweep_duration_seconds_count\{outcome="ok"\} [1-9]/);
    expect(text).toContain('cloudstage_database_up 1');
    expect(text).toMatch(/nodejs_eventloop_lag_seconds/);
  });
});

describe('secrets', () => {
  it('are neither in the log nor in the audit log, whatever is done with them', async () => {
    const client = sdk(key);
    const offer = secret(encodeSessionEnvelope({ sdp: secret('v=0\r\no=- 77 2 IN IP4 127.0.0.1'), type: 'offer' }));
    const user = { UserId: 'u1', UserIp: '198.51.100.4' };
    await client.ApplyConcurrent({ ...user, ProjectId: projectId });
    const ApplicationParameters = secret('-login S3CRET-of-u1');
    const { ServerSession } = await client.CreateSession({ ...user, ClientSession: offer, ApplicationParameters });
    secret(ServerSession);
    const [{ sessionId } = { sessionId: '' }] = await plane.admin.listSessions();
    await node.clientConnected(sessionId, true);
    node.refuse = 'offer-invalid';
    await client.CreateSession({ ...user, ClientSession: offer }).catch(() => undefined);
    await sdk({ ...key, secretKey: secret('a-wrong-secret-key') })
      .DestroySession({ UserId: 'u1' })
      .catch(() => undefined);
    const token = secret('reconnect-token-of-u1');
    const body = JSON.stringify({ sdp: 'v=0\r\n', type: 'offer' });
    await fetch(`${url}/reconnect?token=${token}&uid=u1`, { method: 'POST', body });
    const failing = plane.services.createAccessKey({ accountId: secret('acc-\0not-text') });
    await expect(failing).rejects.toThrow();
    const tokens = node.connects.map((connect) => secret(connect.peer?.reconnectToken ?? ''));
    expect(tokens.filter((own) => own !== '').length).toBeGreaterThan(0);
    for (const own of tokens) await fetch(`${url}/reconnect?token=${own}&uid=u1`, { method: 'POST', body });
    await plane.admin.endSession(sessionId);
    await plane.services.audit.flush();
    const audit = JSON.stringify((await plane.admin.queryAuditLog({ limit: 1_000 })).entries);
    const text = log.join('');
    for (const value of secrets.filter((candidate) => candidate !== '')) {
      expect(text, 'in the log').not.toContain(JSON.stringify(value).slice(1, -1));
      expect(audit, 'in the audit log').not.toContain(JSON.stringify(value).slice(1, -1));
    }
    // The log does tell of the calls, and of a session always under the same names.
    const lines = log.map((line) => JSON.parse(line));
    const ofSession = { sessionId, nodeId: node.nodeId, slotIndex: expect.any(Number), accountId, userId: 'u1' };
    expect(lines).toContainEqual(
      expect.objectContaining({ ...ofSession, outcome: 'answered', requestId: expect.any(String) }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ ...ofSession, from: 'starting', state: 'running' }));
    expect(text).toContain('"action":"CreateSession"');
  });
});

it('is ready until the object store is gone', async () => {
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await rm(join(dir, 'objects'), { recursive: true });
  const reply = await fetch(`${url}/readyz`);
  expect([reply.status, await reply.json()]).toEqual([
    503,
    { status: 'not-ready', reason: 'the object store does not answer' },
  ]);
});
