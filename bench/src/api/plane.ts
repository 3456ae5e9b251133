import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ControlPlane, completeConfig, createControlPlane, createLogger } from '@cloudstage/control-plane';
import yazl from 'yazl';
import { type Cleanups, undoOnce } from '../bench-main.js';
import { createFleet, type Fleet } from './fleet.js';
import type { HttpAccess } from './http-target.js';
import type { Target } from './workload.js';

/** A whole control plane with many nodes, an application and a project. */
export interface BenchPlane {
  readonly fleet: Fleet;
  readonly access: HttpAccess;
  /** Calls the use cases directly. */
  readonly services: Target;
  /** Seconds that the registration of all nodes took. */
  readonly registeredSeconds: number;
  close(): Promise<void>;
}

async function packProgram(path: string): Promise<void> {
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from('\x7fELF a program', 'latin1'), 'bin/game', { mode: 0o100755 });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

async function seed(plane: ControlPlane, dir: string) {
  const key = await plane.admin.ensureFirstAccessKey();
  const archivePath = join(dir, 'game.zip');
  await packProgram(archivePath);
  const { applicationId } = await plane.admin.findOrCreateApplication({
    name: 'game',
    kind: 'Application3D',
    entryPath: 'bin/game',
    args: [],
    archivePath,
    archiveName: 'game.zip',
  });
  const { projectId } = await plane.admin.findOrCreateProject({ name: 'bench', applicationId });
  return { ...key, secretKey: key.secretKey ?? '', projectId };
}

function serviceTarget(plane: ControlPlane, accountId: string, projectId: string): Target {
  const caller = { accountId, requestId: 'bench' };
  const userIp = '198.51.100.4';
  const code = (type: string, expected: string) => (type === expected ? 'ok' : type);
  return {
    apply: async (userId) => {
      const input = { userId, userIp, projectId, applicationId: '', applicationVersionId: '' };
      return code((await plane.services.applyConcurrent(caller, input)).type, 'reserved');
    },
    create: async (userId) => {
      const outcome = await plane.services.createSession(caller, {
        userId,
        userIp,
        clientSession: { sdp: 'v=0\r\n' },
        runWithoutClient: false,
        applicationParameters: '',
        hostUserId: '',
        role: null,
      });
      return code(outcome.type, 'created');
    },
    destroy: async (userId) => code((await plane.services.destroySession(caller, { userId })).type, 'destroyed'),
  };
}

/** Starts a control plane on an empty database and lets `nodes` nodes register with it. `cleanups` gets what ends it. */
export async function startBenchPlane(databaseUrl: string, nodes: number, cleanups: Cleanups): Promise<BenchPlane> {
  const dir = await mkdtemp(join(tmpdir(), 'cloudstage-bench-api-'));
  const removeAll = undoOnce(cleanups, () => rm(dir, { recursive: true, force: true }));
  const fleet = createFleet(nodes);
  const unlimited = 1_000_000;
  const config = completeConfig({
    dataDir: dir,
    databaseUrl,
    api: { port: 0 },
    // Nodes report only what changes here: their signs of life are not what is measured.
    sessions: { nodeSilentSeconds: 600 },
    cloudApi: {
      rateLimits: { ApplyConcurrent: unlimited, CreateSession: unlimited, DestroySession: unlimited },
    },
  });
  const logger = createLogger({ level: 'warn', name: 'bench' });
  const plane = await createControlPlane(config, { nodeLink: fleet.link, logger });
  const closeOnce = undoOnce(cleanups, async () => {
    await fleet.settled();
    await plane.close();
    await removeAll();
  });
  const close = async () => void (await closeOnce());
  try {
    const { accountId, secretId, secretKey, projectId } = await seed(plane, dir);
    const startedMs = performance.now();
    await fleet.announce();
    const registeredSeconds = (performance.now() - startedMs) / 1_000;
    const { url } = await plane.listen();
    const access = { url, secretId, secretKey, projectId };
    return { fleet, access, services: serviceTarget(plane, accountId, projectId), registeredSeconds, close };
  } catch (error) {
    await close();
    throw error;
  }
}
