import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actionNames } from '@cloudstage/cloud-api';
import { encodeSessionEnvelope } from '@cloudstage/protocol';
import { vi } from 'vitest';
import { completeConfig } from '../../config.js';
import { type ControlPlane, createControlPlane } from '../../control-plane.js';
import { createInProcessNodeLink } from '../../node-link/in-process.js';
import { createLogger } from '../../observability/logger.js';
import { buildZip } from '../../storage/archives.testkit.js';
import { createTestDatabase } from '../../testing/database.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import { program } from './applications.testkit.js';
import { type Call, chinaSdk, commonSdk, internationalSdk, type SdkOptions } from './official-sdks.testkit.js';

/** A whole control plane over HTTP: real services, database and object store; only the render node is simulated. */
export interface ConformancePlane {
  readonly plane: ControlPlane;
  readonly node: NodeSimulator;
  readonly url: string;
  /** Endpoint and key of the first account, for the official packages. */
  readonly sdk: SdkOptions;
  readonly dir: string;
  /** Moves the control plane's clock forward; what the packages sign stays valid for an hour of that. */
  advance(ms: number): void;
  /** Slots of the first account, as the database has them. */
  count(): Promise<{ readonly total: number; readonly running: number }>;
  /** Makes an application with a version online, whose program is `bin/game`; resolves with its id. */
  addGame(): Promise<string>;
  close(): Promise<void>;
}

/** ClientSession text with a small offer. */
export const offer = encodeSessionEnvelope({
  sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n',
  type: 'offer',
});

/** Starts one with the defaults, except for the times of sessions and what `patch` sets. */
export async function startConformancePlane(
  sessions: Record<string, number> = {},
  patch: Record<string, unknown> = {},
): Promise<ConformancePlane> {
  // Both packages send everything through this proxy when it is set.
  vi.stubEnv('http_proxy', '');
  const dir = await mkdtemp(join(tmpdir(), 'cloudstage-conformance-'));
  const database = await createTestDatabase();
  const { link, uplink } = createInProcessNodeLink();
  const config = completeConfig({
    dataDir: dir,
    databaseUrl: database.url,
    // Tests call faster than the limits of the platform, which have a test of their own.
    cloudApi: {
      rateLimits: Object.fromEntries(actionNames.map((name) => [name, 1_000])),
      clockWindowSeconds: 3_600,
    },
    api: { port: 0 },
    // The simulated node speaks only when something changes.
    sessions: { sweepSeconds: 0.05, nodeSilentSeconds: 600, ...sessions },
    ...patch,
  });
  const logger = createLogger({ level: 'silent', name: 'test' });
  let aheadMs = 0;
  const plane = await createControlPlane(config, { nodeLink: link, logger, now: () => Date.now() + aheadMs });
  const { url } = await plane.listen();
  const node = await startNodeSimulator(uplink);
  const { accountId, secretId, secretKey } = await plane.admin.ensureFirstAccessKey();
  if (secretKey === null) throw new Error('the first key has no secret');
  return {
    plane,
    node,
    url,
    dir,
    sdk: { endpoint: new URL(url).host, secretId, secretKey },
    advance: (ms) => {
      aheadMs += ms;
    },
    count: async () => {
      const caller = { accountId, requestId: 'test' };
      const outcome = await plane.services.describeConcurrentCount(caller, { projectId: '', category: '' });
      if (outcome.type !== 'counted') throw new Error(outcome.type);
      return outcome.count;
    },
    addGame: async () => {
      const archivePath = join(dir, 'game.zip');
      await writeFile(archivePath, buildZip([program]));
      const { applicationId } = await plane.admin.findOrCreateApplication({
        name: 'game',
        kind: 'Application3D',
        entryPath: 'bin/game',
        args: [],
        archivePath,
        archiveName: 'game.zip',
      });
      return applicationId;
    },
    close: async () => {
      await node.close();
      await uplink.close();
      await plane.close();
      await database.drop();
      await rm(dir, { recursive: true });
    },
  };
}

/** Makes a {@link Call} for a plane that is started later. */
export type MakeCall = (options: SdkOptions) => Call;

/** Every way in which the official packages reach the actions that both sites have. */
export const sessionWays: readonly (readonly [string, MakeCall])[] = [
  ['China package, TC3, POST', chinaSdk],
  ['China package, TC3, GET', (sdk) => chinaSdk({ ...sdk, reqMethod: 'GET' })],
  ['China package, v1 HmacSHA1, POST', (sdk) => chinaSdk({ ...sdk, signMethod: 'HmacSHA1' })],
  ['international package, its default (v1)', internationalSdk],
  ['international package, TC3', (sdk) => internationalSdk({ ...sdk, signMethod: 'TC3-HMAC-SHA256' })],
];

/** Those in which refusals are compared: each package's default, and the other signature of the international one. */
export const refusalWays: readonly (readonly [string, MakeCall])[] = [
  ['China package', chinaSdk],
  ['international package, its default (v1)', internationalSdk],
  ['international package, TC3', (sdk) => internationalSdk({ ...sdk, signMethod: 'TC3-HMAC-SHA256' })],
];

/** Every way in which they reach the management actions. */
export const managementWays: readonly (readonly [string, MakeCall])[] = [
  ['international package, its default (v1, POST)', internationalSdk],
  ['international package, v1, GET', (sdk) => internationalSdk({ ...sdk, reqMethod: 'GET' })],
  ['international package, TC3', (sdk) => internationalSdk({ ...sdk, signMethod: 'TC3-HMAC-SHA256' })],
  ['CommonClient of the China package', commonSdk],
];
