import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeServerSession, encodeSessionEnvelope, isAppError } from '@cloudstage/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { completeConfig } from './config.js';
import { type ControlPlane, createControlPlane } from './control-plane.js';
import { createInProcessNodeLink } from './node-link/in-process.js';
import { createLogger } from './observability/logger.js';
import { buildZip } from './storage/archives.testkit.js';
import { createTestDatabase } from './testing/database.testkit.js';
import { until } from './testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from './testing/node-simulator.testkit.js';
import type { EmptyDatabase } from './testing/postgres-cluster.testkit.js';

const { car } = createRequire(import.meta.url)('tencentcloud-sdk-nodejs/tencentcloud/services/car');

let dir: string;
let database: EmptyDatabase;
let plane: ControlPlane;
let node: NodeSimulator;
let url: string;
const log: string[] = [];
const { link, uplink } = createInProcessNodeLink();
const program = '\x7fELF a program';

const sdk = (key: { secretId: string; secretKey: string }) =>
  new car.v20220110.Client({
    credential: key,
    region: '',
    profile: { httpProfile: { endpoint: new URL(url).host, protocol: 'http://', reqTimeout: 10 } },
  });
beforeAll(async () => {
  vi.stubEnv('http_proxy', '');
  dir = await mkdtemp(join(tmpdir(), 'cloudstage-plane-'));
  database = await createTestDatabase();
  const config = completeConfig({
    dataDir: dir,
    databaseUrl: database.url,
    api: { port: 0 },
    sessions: { sweepSeconds: 0.05, reservationSeconds: 5 },
  });
  const logger = createLogger({ level: 'trace', name: 'test', destination: { write: (line) => void log.push(line) } });
  plane = await createControlPlane(config, { nodeLink: link, logger });
  ({ url } = await plane.listen());
  node = await startNodeSimulator(uplink);
});
afterAll(async () => {
  await uplink.close();
  await plane.close();
  await plane.close();
  await database.drop();
  await rm(dir, { recursive: true });
});

describe('the whole control plane', () => {
  let key: { secretId: string; secretKey: string };
  let projectId: string;

  it('is alive and ready', async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const upload = await fetch(`${url}/uploads/ver-x/y.zip`, { method: 'PUT', body: 'x' });
    expect([upload.status, await upload.json()]).toMatchObject([401, { code: 'token-invalid' }]);
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
  });

  it('makes the first key once, under a master key that only its owner can read', async () => {
    const { secretId, secretKey } = await plane.admin.ensureFirstAccessKey();
    if (secretKey === null) throw new Error('the first call gives the secret');
    key = { secretId, secretKey };
    expect((await plane.admin.ensureFirstAccessKey()).secretKey).toBeNull();
    expect((await stat(join(dir, 'master.key'))).mode & 0o777).toBe(0o600);
  });

  it('registers a package once, which nodes then get', async () => {
    const archivePath = join(dir, 'game.zip');
    await writeFile(archivePath, buildZip([{ name: 'bin/game', content: program, mode: 0o100755 }]));
    const game = {
      name: 'game',
      kind: 'Application3D',
      entryPath: 'bin/game',
      args: [],
      archivePath,
      archiveName: 'game.zip',
    } as const;
    const wrong = plane.admin.findOrCreateApplication({ ...game, name: 'wrong', entryPath: 'bin/missing' });
    await expect(wrong).rejects.toSatisfy((error) => isAppError(error, 'entry-not-found'));
    expect(await plane.admin.hasOnlineApplication('game')).toBe(false);
    const first = await plane.admin.findOrCreateApplication(game);
    expect(first.created).toBe(true);
    await rm(archivePath);
    expect(await plane.admin.findOrCreateApplication(game)).toEqual({ ...first, created: false });
    expect(await plane.admin.hasOnlineApplication('game')).toBe(true);
    await until('the prefetch', async () => node.prefetched.length === 1);
    const manifest = await read(`manifests/${node.prefetched[0]}`);
    expect(createHash('sha256').update(manifest).digest('hex')).toBe(node.prefetched[0]);
    const [file] = JSON.parse(manifest).entries;
    expect(await read(`blobs/${file.sha256}`)).toBe(program);
    await expect(read('blobs/../../master.key')).rejects.toSatisfy((error) => isAppError(error, 'object-not-found'));
    const project = { name: 'demo', applicationId: first.applicationId, width: 1920, height: 1080 };
    ({ projectId } = await plane.admin.findOrCreateProject(project));
    expect(await plane.admin.findOrCreateProject({ ...project, width: 640 })).toEqual({ projectId, created: false });
    const limits = plane.admin.findOrCreateProject({ ...project, name: 'x', reconnectGraceMs: 39_999 });
    await expect(limits).rejects.toSatisfy((error) => isAppError(error, 'project-settings-invalid'));
  });

  it('serves the official SDK from reservation to end', async () => {
    const client = sdk(key);
    const user = { UserId: 'u1', UserIp: '198.51.100.4' };
    await expect(client.CreateSession({ ...user, ClientSession: offer })).rejects.toMatchObject({
      code: 'FailedOperation.LockTimeout',
    });
    await client.ApplyConcurrent({ ...user, ProjectId: projectId });
    const { ServerSession } = await client.CreateSession({ ...user, ClientSession: offer });
    expect(decodeServerSession(ServerSession)).toMatchObject({ sdp: 'v=0\r\n', screen_config: { width: 1920 } });
    const [session] = await plane.admin.listSessions();
    if (session === undefined) throw new Error('no session');
    await node.clientConnected(session.sessionId, true);
    expect(await client.DescribeConcurrentCount({ ProjectId: projectId })).toMatchObject({ Total: 2, Running: 1 });
    await client.ApplyConcurrent({ UserId: 'u2', UserIp: '198.51.100.4', ProjectId: projectId });
    await expect(
      client.ApplyConcurrent({ UserId: 'u3', UserIp: '198.51.100.4', ProjectId: projectId }),
    ).rejects.toMatchObject({
      code: 'ResourceNotFound.NoIdle',
    });
    await client.DestroySession({ UserId: 'u1' });
    await plane.admin.endSession((await plane.admin.listSessions())[0]?.sessionId ?? '');
    expect(await plane.admin.listSessions()).toEqual([]);
    const again = plane.admin.endSession(session.sessionId);
    await expect(again).rejects.toSatisfy((error) => isAppError(error, 'session-not-found'));
  });

  it('sweeps by itself', async () => {
    await sdk(key).ApplyConcurrent({ UserId: 'u4', UserIp: '198.51.100.4', ProjectId: projectId });
    // The shortest reservation that the configuration allows is five seconds.
    await vi.waitUntil(async () => (await plane.admin.listSessions()).length === 0, { timeout: 20_000, interval: 50 });
    const [last] = await plane.admin.listSessions({ includeEnded: true });
    expect(last).toMatchObject({ userId: 'u4', endReason: 'reservation-expired' });
  });

  it('logged no secret', () => {
    const text = log.join('');
    expect(text.length).toBeGreaterThan(0);
    expect(text).not.toContain(key.secretKey);
    expect(text).not.toContain(node.connects[0]?.peer?.reconnectToken ?? 'no token');
    expect(text).not.toContain(offer);
  });
});

const offer = encodeSessionEnvelope({
  sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n',
  type: 'offer',
});

async function read(key: string): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of await uplink.openObject(key)) parts.push(part);
  return Buffer.concat(parts).toString('latin1');
}
