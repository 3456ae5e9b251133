import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeConfig } from './config.js';
import { type ControlPlane, createControlPlane } from './control-plane.js';
import { createInProcessNodeLink } from './node-link/in-process.js';
import { createLogger } from './observability/logger.js';
import { buildZip } from './storage/archives.testkit.js';
import { createTestDatabase, onPostgres, openTestDatabase } from './testing/database.testkit.js';
import { createInput, until } from './testing/harness.testkit.js';
import { findViolations } from './testing/invariants.testkit.js';
import { type NodeSimulator, type SimulatedSlot, startNodeSimulator } from './testing/node-simulator.testkit.js';
import { type EmptyDatabase, findPostgresPrograms } from './testing/postgres-cluster.testkit.js';

const run = promisify(execFile);
const program = '\x7fELF a program';
const timeout = 240_000;

/** A control plane with its node. */
interface Installation {
  readonly plane: ControlPlane;
  readonly node: NodeSimulator;
  /** The first file of a package, as nodes get it. */
  readProgram(manifestSha256: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts a control plane on a data directory and, on PostgreSQL, a database. `initial` is what runs on its node. */
async function start(dataDir: string, databaseUrl: string, initial: readonly SimulatedSlot[]): Promise<Installation> {
  const { link, uplink } = createInProcessNodeLink();
  const config = completeConfig({ dataDir, databaseUrl, api: { port: 0 }, sessions: { sweepSeconds: 0.05 } });
  const logger = createLogger({ level: 'silent', name: 'test' });
  const plane = await createControlPlane(config, { nodeLink: link, logger });
  const node = await startNodeSimulator(uplink, { initial });
  const read = async (key: string): Promise<string> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await uplink.openObject(key)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  return {
    plane,
    node,
    readProgram: async (manifestSha256) => {
      const [file] = JSON.parse(await read(`manifests/${manifestSha256}`)).entries;
      return read(`blobs/${file.sha256}`);
    },
    close: async () => {
      await uplink.close();
      await plane.close();
    },
  };
}

async function play({ plane, node }: Installation, projectId: string, userId: string): Promise<string> {
  const [account] = await plane.admin.listAccounts();
  const caller = { accountId: account?.accountId ?? '', requestId: 'r' };
  const input = { userId, userIp: '198.51.100.4', projectId, applicationId: '', applicationVersionId: '' };
  const reserved = await plane.services.applyConcurrent(caller, input);
  if (reserved.type !== 'reserved') throw new Error(reserved.type);
  const created = await plane.services.createSession(caller, createInput(userId));
  if (created.type !== 'created') throw new Error(created.type);
  await node.clientConnected(created.sessionId, true);
  return created.sessionId;
}

describe('a backup', () => {
  let dir: string;
  let made: EmptyDatabase[];
  const dataDir = () => join(dir, 'data');
  const backupDir = () => join(dir, 'backup');

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cloudstage-backup-'));
    await mkdir(backupDir());
    made = [];
  });
  afterEach(async () => {
    for (const database of made) await database.drop();
    await rm(dir, { recursive: true, force: true });
  });

  const emptyDatabase = async (): Promise<string> => {
    if (!onPostgres()) return `pglite:${join(dataDir(), 'database')}`;
    const database = await createTestDatabase();
    made.push(database);
    return database.url;
  };
  /** As the guide to the database says: the database first, then what it refers to. */
  const backUp = async (url: string) => {
    if (!onPostgres()) return cp(dataDir(), backupDir(), { recursive: true });
    const dump = join(await findPostgresPrograms(), 'pg_dump');
    await run(dump, ['--format=custom', `--file=${join(backupDir(), 'cloudstage.dump')}`, url]);
    for (const name of ['objects', 'master.key']) {
      await cp(join(dataDir(), name), join(backupDir(), name), { recursive: true });
    }
  };
  const restore = async (): Promise<string> => {
    const url = await emptyDatabase();
    await cp(backupDir(), dataDir(), { recursive: true });
    if (!onPostgres()) return url;
    const pgRestore = join(await findPostgresPrograms(), 'pg_restore');
    const dump = join(backupDir(), 'cloudstage.dump');
    await run(pgRestore, ['--exit-on-error', '--no-owner', `--dbname=${url}`, dump]);
    return url;
  };

  it('brings back everything of its moment; the nodes come to terms with it', { timeout }, async () => {
    const url = await emptyDatabase();
    let first = await start(dataDir(), url, []);
    const { secretId, secretKey } = await first.plane.admin.ensureFirstAccessKey();
    const archivePath = join(dir, 'game.zip');
    await writeFile(archivePath, buildZip([{ name: 'bin/game', content: program, mode: 0o100755 }]));
    const game = { name: 'game', kind: 'Application3D', entryPath: 'bin/game', args: [] } as const;
    const { applicationId } = await first.plane.admin.findOrCreateApplication({
      ...game,
      archivePath,
      archiveName: 'g.zip',
    });
    const { projectId } = await first.plane.admin.findOrCreateProject({ name: 'main', applicationId });
    const manifest = await until('the prefetch', async () => first.node.prefetched[0]);
    const kept = await play(first, projectId, 'u1');

    // The embedded database is backed up while nothing runs; its node runs on.
    if (!onPostgres()) await first.close();
    await backUp(url);
    const running = [{ state: 'busy', sessionId: kept, connected: true }] as const;
    if (!onPostgres()) first = await start(dataDir(), url, running);

    // What happens after the backup is not in it.
    const later = await play(first, projectId, 'u2');
    await first.plane.admin.disableAccessKey(secretId);
    const slots = first.node.describe().slots.map(({ slotIndex: _index, ...slot }) => slot);
    await first.close();
    await rm(dataDir(), { recursive: true });

    const restored = await restore();
    const second = await start(dataDir(), restored, slots);
    try {
      expect(await second.readProgram(manifest)).toBe(program);
      // Also that a key was disabled is forgotten.
      expect(await second.plane.services.findAccessKey(secretId)).toMatchObject({ secretKey, enabled: true });
      // The session that the backup knows goes on; the other one's program ends.
      await until('the unknown session to end', async () => second.node.ended.some((end) => end.sessionId === later));
      expect(second.node.ended.map((end) => end.sessionId)).not.toContain(kept);
      const live = await second.plane.admin.listSessions();
      expect(live.map((session) => [session.sessionId, session.state])).toEqual([[kept, 'running']]);
      // The other slot is free when its node has said so.
      await until('another user to play', () => play(second, projectId, 'u3').catch(() => null));
    } finally {
      await second.close();
    }
    const database = await openTestDatabase(restored);
    expect(await findViolations(database)).toEqual([]);
    await database.close();
  });
});
