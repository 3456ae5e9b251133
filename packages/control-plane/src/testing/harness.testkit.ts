import { Writable } from 'node:stream';
import type { ClientSession, NodeLink, NodeUplink } from '@cloudstage/protocol';
import { sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Database } from '../db/open.js';
import { defaultScales } from '../domain/concurrency-types.js';
import { createOrderRegions } from '../domain/region-order.js';
import { createInProcessNodeLink } from '../node-link/in-process.js';
import { createLogger } from '../observability/logger.js';
import type { PackageParts } from '../services/applications/application-services.js';
import { createBackground } from '../services/background.js';
import type { Caller, CreateSessionInput } from '../services/contract.js';
import type { ServiceDeps, ServiceSettings } from '../services/deps.js';
import { createSecretBox } from '../services/secret-box.js';
import { type AllServices, createServices } from '../services/services.js';
import type { ObjectStore } from '../storage/object-store.js';

export { openTestDatabase, resetDatabase } from './database.testkit.js';

/** Times of the service tests; the clock is moved by hand, except for the deadlines of node commands. */
export const testSettings: ServiceSettings = {
  reservationMs: 60_000,
  startMs: 60_000,
  endRetryMs: 5_000,
  cleaningMs: 30_000,
  reconnectGraceMs: 120_000,
  connectMs: 2_000,
  endMs: 2_000,
  nodeSilentMs: 30_000,
  publish: { publishDomain: '', signingKey: '', signatureMs: 86_400_000, allowPrivateUrls: true },
  auditRetentionMs: 90 * 86_400_000,
  maxPlayers: 2,
  maxViewers: 1,
  concurrency: {
    requirePackages: false,
    defaultPrelaunch: 1,
    scales: defaultScales,
    orderRegions: createOrderRegions({ map: [], order: [] }),
  },
  maxDurationMs: 0,
  historyMs: 90 * 86_400_000,
  recordingMs: 30 * 86_400_000,
  usageMs: 400 * 86_400_000,
  applications: { maxVersions: 5, maxApplications: 500, ingestLeaseMs: 30_000, maxParallelIngests: 2 },
};

/** A manifest hash that stands for a package; simulated nodes fetch nothing. */
export const testManifest = 'ab'.repeat(32);

/** Use cases on a real database, with a node link whose other end is the test's. */
export interface Harness {
  readonly services: AllServices;
  /** What the use cases are built on. */
  readonly deps: ServiceDeps;
  readonly uplink: NodeUplink;
  readonly database: Database;
  readonly caller: Caller;
  readonly projectId: string;
  readonly applicationId: string;
  /** Lines that were logged. */
  readonly logLines: string[];
  now(): number;
  advance(ms: number): void;
  /** Waits for commands that follow committed transactions. */
  settled(): Promise<void>;
  /** Ends the services but not the database. */
  stop(): Promise<void>;
}

/** Options of {@link createHarness}. */
export interface HarnessOptions {
  readonly settings?: Partial<ServiceSettings>;
  readonly concurrencyLimit?: number;
  readonly startAt?: number;
  /** Gives what the use cases call nodes with, around the link whose other end is the test's. */
  readonly wrapLink?: (link: NodeLink) => NodeLink;
  /** Where background images go. */
  readonly store?: ObjectStore;
  /** Default: tests without packages. */
  readonly packages?: PackageParts;
}

const refuse = () => Promise.reject(new Error('there are no packages in this test'));
const noPackages: PackageParts = {
  ingest: refuse,
  source: { issueCredential: refuse, findUpload: refuse, open: refuse, discard: async () => undefined },
  loadManifest: refuse,
};

/** Master key of the tests' use cases. */
export const testMasterKey = Buffer.alloc(32, 7);

const noObject = () => Promise.reject(new Error('no object is stored in this test'));
const noStore: ObjectStore = {
  stage: noObject,
  publish: noObject,
  put: noObject,
  open: noObject,
  stat: noObject,
  has: noObject,
  touch: noObject,
  list: noObject,
  delete: noObject,
  deleteIfOlder: noObject,
  close: () => undefined,
};

function captureLog(lines: string[]): Logger {
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  return createLogger({ level: 'debug', name: 'test', destination });
}

async function seed(services: AllServices, database: Database, options: HarnessOptions) {
  const { accountId } = await services.ensureAccessKey();
  const found = await services.findApplication(accountId, 'game');
  const application =
    found ??
    (await services.createApplication({
      accountId,
      name: 'game',
      kind: 'Application3D',
      entryPath: 'bin/game',
      args: ['--app'],
    }));
  if (found === null) {
    await database.executor.execute(sql`INSERT INTO application_versions
      (id, application_id, state, file_name, manifest_sha256, total_bytes, created_at)
      VALUES (${`ver-${application.id.slice(4)}`}, ${application.id}, 'in-use', 'game.zip', ${testManifest}, 1, 1)`);
  }
  const project =
    (await services.findProject(accountId, 'main')) ??
    (await services.createProject({
      accountId,
      name: 'main',
      applicationId: application.id,
      parameters: '-mode "two words"',
      ...(options.concurrencyLimit === undefined ? {} : { concurrencyLimit: options.concurrencyLimit }),
    }));
  return { accountId, applicationId: application.id, projectId: project.id };
}

/** Builds the use cases over a database, with one account, application and project in it. */
export async function createHarness(database: Database, options: HarnessOptions = {}): Promise<Harness> {
  const logLines: string[] = [];
  const logger = captureLog(logLines);
  const { link, uplink } = createInProcessNodeLink();
  const background = createBackground(logger);
  let clock = options.startAt ?? 1_700_000_000_000;
  const deps: ServiceDeps = {
    database,
    nodeLink: options.wrapLink?.(link) ?? link,
    secrets: createSecretBox(testMasterKey),
    background,
    now: () => clock,
    settings: { ...testSettings, ...options.settings },
    logger,
    version: '0.0.0',
    imageUrl: (imageId) => `https://play.example/images/${imageId}`,
    mediaSocketUrl: (sessionId, token) => `wss://play.example/play?instance_id=${sessionId}&token=${token}`,
  };
  const services = createServices(deps, options.packages ?? noPackages, options.store ?? noStore);
  link.onEvent(services.handleNodeEvent);
  const { accountId, ...ids } = await seed(services, database, options);
  return {
    services,
    deps,
    uplink,
    database,
    caller: { accountId, requestId: 'request-1' },
    ...ids,
    logLines,
    now: () => clock,
    advance: (ms) => {
      clock += ms;
    },
    settled: background.settled,
    stop: async () => {
      await link.close();
      await uplink.close();
      await background.settled();
      await services.audit.flush();
    },
  };
}

/** An offer; simulated nodes do not read it. */
export const testOffer: ClientSession = { sdp: 'v=0\r\n' };

/** Input of ApplyConcurrent. */
export const applyInput = (harness: Harness, userId: string) => ({
  userId,
  userIp: '198.51.100.4',
  projectId: harness.projectId,
  applicationId: '',
  applicationVersionId: '',
});

/** Input of CreateSession. */
export const createInput = (userId: string, extra: Partial<CreateSessionInput> = {}): CreateSessionInput => ({
  userId,
  userIp: '198.51.100.4',
  clientSession: testOffer,
  runWithoutClient: false,
  applicationParameters: '',
  hostUserId: '',
  role: null,
  ...extra,
});

/** Waits until `probe` gives something other than null, undefined or false; fails after half a minute, unless told otherwise. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  patienceMs = 30_000,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
