import { join, resolve } from 'node:path';
import type { NodeLink } from '@cloudstage/protocol';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { type ControlPlaneAdmin, createAdmin } from './admin.js';
import { registerImages } from './cloud-api/images-route.js';
import { cloudApiServerOptions, registerCloudApi } from './cloud-api/index.js';
import { concurrencySettingsOf } from './config/concurrency.js';
import type { ControlPlaneConfig } from './config.js';
import { type Database, openDatabase } from './db/open.js';
import { mediaSocketUrl, registerMediaSocket } from './media-socket/media-socket.js';
import { attachNodes } from './node-link/node-registry.js';
import { createGauges } from './observability/gauges.js';
import { registerHealth } from './observability/health.js';
import { measureDatabase, measureIngest, measureNodeLink, measureSweep } from './observability/instrument.js';
import { createMetrics, type Metrics } from './observability/metrics.js';
import { createMetricsServer, type MetricsServer } from './observability/metrics-server.js';
import { createStreamMetrics } from './observability/stream-metrics.js';
import { openPackageStorage, type PackageStorage } from './package-storage.js';
import { resumeIngests } from './services/applications/resume-ingests.js';
import { type Background, createBackground } from './services/background.js';
import type { ServiceDeps, ServiceSettings } from './services/deps.js';
import { createSecretBox, loadMasterKey, parsePreviousKeys, type SecretBox } from './services/secret-box.js';
import { type AllServices, createServices } from './services/services.js';
import { resumeSessions } from './services/sessions/resume.js';
import { checkStore } from './storage/check-store.js';
import type { ObjectStore } from './storage/object-store.js';
import { loadManifest } from './storage/package-publish.js';
import { type Sweeper, startSweeper } from './sweeper.js';

/** What a control plane is built on. */
export interface ControlPlaneDeps {
  /** Control plane's end of the link to its nodes; closed with the control plane. */
  readonly nodeLink: NodeLink;
  readonly logger: Logger;
  /** Epoch milliseconds; default the system clock. */
  readonly now?: () => number;
}

/** A running control plane. */
export interface ControlPlane {
  /** Starts to answer HTTP. Fails with the system's error when address or port cannot be had. */
  listen(): Promise<{ readonly url: string }>;
  /** Ends everything; sessions go on at their nodes. */
  close(): Promise<void>;
  readonly admin: ControlPlaneAdmin;
  readonly services: AllServices;
}

/** Version that clients and operators see. */
export const controlPlaneVersion = '0.1.0';

/** Pause between two clean-ups of what has no deadline of its own. Milliseconds. */
const housekeepingMs = 60_000;

const seconds = (value: number): number => Math.round(value * 1_000);

function toSettings(config: ControlPlaneConfig): ServiceSettings {
  const { sessions, applications } = config;
  return {
    reservationMs: seconds(sessions.reservationSeconds),
    startMs: seconds(sessions.startSeconds),
    endRetryMs: seconds(sessions.endRetrySeconds),
    cleaningMs: seconds(sessions.cleaningSeconds),
    reconnectGraceMs: seconds(sessions.reconnectGraceSeconds),
    connectMs: seconds(sessions.connectSeconds),
    endMs: seconds(sessions.connectSeconds),
    nodeSilentMs: seconds(sessions.nodeSilentSeconds),
    maxDurationMs: seconds(sessions.maxDurationSeconds),
    historyMs: seconds(sessions.historyDays * 86_400),
    usageMs: seconds(sessions.usageDays * 86_400),
    recordingMs: seconds(sessions.recordingDays * 86_400),
    maxPlayers: sessions.maxPlayers,
    maxViewers: sessions.maxViewers,
    publish: {
      publishDomain: config.streams.publishDomain,
      signingKey: config.streams.signingKey,
      signatureMs: seconds(config.streams.signatureSeconds),
      allowPrivateUrls: config.streams.allowPrivateUrls,
    },
    auditRetentionMs: Math.round(config.audit.retentionDays * 86_400_000),
    concurrency: concurrencySettingsOf(config),
    applications: {
      maxVersions: applications.maxVersions,
      maxApplications: applications.maxApplications,
      ingestLeaseMs: seconds(applications.ingestLeaseSeconds),
      maxParallelIngests: config.packages.maxParallelIngests,
    },
  };
}

interface Edges {
  readonly api: FastifyInstance;
  readonly metrics: MetricsServer;
}

function createEdges(parts: Parts, config: ControlPlaneConfig, deps: ControlPlaneDeps): Edges {
  const { services, metrics, store, packages } = parts;
  const { trustedProxies } = config.api;
  const api = Fastify({
    ...cloudApiServerOptions,
    logger: false,
    forceCloseConnections: true,
    trustProxy: trustedProxies.length === 0 ? false : trustedProxies,
  });
  registerHealth(api, [services.checkReady, () => checkStore(store)]);
  registerImages(api, services);
  registerCloudApi(api, {
    services,
    logger: deps.logger.child({ edge: 'cloud-api' }),
    config: { ...config.cloudApi, auditUserIp: config.audit.userIp },
    now: deps.now ?? Date.now,
    observer: metrics,
  });
  packages.register(api);
  registerMediaSocket(api, {
    openMedia: services.openMedia,
    logger: deps.logger.child({ edge: 'media-socket' }),
    now: deps.now ?? Date.now,
  });
  const { database } = parts;
  const now = deps.now ?? Date.now;
  const { takeCensus, audit, readNodeStatistics } = services;
  const sources = { takeCensus, poolStats: () => database.poolStats(), audit, now };
  const readWhenAsked = [
    createGauges(metrics.registry, sources),
    createStreamMetrics(metrics.registry, { readNodeStatistics, now }),
  ];
  const gauges = { refresh: async () => void (await Promise.all(readWhenAsked.map((part) => part.refresh()))) };
  return { api, metrics: createMetricsServer(config.metrics, { api, metrics, gauges }) };
}

/** What runs behind the edges. */
interface Parts {
  readonly services: AllServices;
  readonly background: Background;
  readonly metrics: Metrics;
  readonly store: ObjectStore;
  readonly packages: PackageStorage;
  readonly database: Database;
}

function openMasterKey(config: ControlPlaneConfig, dataDir: string): Promise<Buffer> {
  return loadMasterKey({ configured: config.masterKey, path: join(dataDir, 'master.key') });
}

function openSecrets(config: ControlPlaneConfig, masterKey: Buffer): SecretBox {
  return createSecretBox(masterKey, parsePreviousKeys(config.masterKeyPrevious));
}

async function build(
  config: ControlPlaneConfig,
  deps: ControlPlaneDeps,
  opened: Database,
  publicUrl: () => string,
): Promise<Parts> {
  const dataDir = resolve(config.dataDir);
  const metrics = createMetrics();
  const database = measureDatabase(opened, metrics);
  const now = deps.now ?? Date.now;
  const masterKey = await openMasterKey(config, dataDir);
  const packages = await openPackageStorage(config, {
    ...{ dataDir, masterKey, database, now },
    observer: metrics,
    logger: deps.logger,
  });
  const { store } = packages;
  const background = createBackground(deps.logger);
  const serviceDeps: ServiceDeps = {
    database,
    nodeLink: measureNodeLink(deps.nodeLink, metrics),
    secrets: openSecrets(config, masterKey),
    background,
    now,
    settings: toSettings(config),
    logger: deps.logger,
    version: controlPlaneVersion,
    imageUrl: (imageId) => `${publicUrl()}/images/${imageId}`,
    mediaSocketUrl: (sessionId, token) => mediaSocketUrl(publicUrl(), sessionId, token),
  };
  const packageParts = {
    ingest: measureIngest(packages.ingest, metrics),
    source: packages.packageSource,
    loadManifest: (manifestSha256: string) => loadManifest(store, manifestSha256),
  };
  const services = createServices(serviceDeps, packageParts, store);
  await resumeIngests(serviceDeps);
  await resumeSessions(serviceDeps);
  const { handleNodeEvent, storeRecording } = services;
  attachNodes({ nodeLink: deps.nodeLink, handleNodeEvent, storeRecording, store, logger: deps.logger });
  return { services, background, metrics, store, packages, database };
}

function startSweepers(parts: Parts, config: ControlPlaneConfig, logger: Logger): readonly Sweeper[] {
  const { services, metrics, packages } = parts;
  return [
    startSweeper(measureSweep(services.sweep, metrics), { pauseMs: seconds(config.sessions.sweepSeconds), logger }),
    startSweeper(services.sweepAuditLog, { pauseMs: housekeepingMs, logger }),
    startSweeper(packages.sweep, { pauseMs: seconds(config.packages.sweepSeconds), logger }),
  ];
}

/**
 * Builds the control plane: opens the database (and migrates it), the object store and the master key, lets nodes in and
 * starts to watch deadlines. HTTP begins with `listen`.
 * @throws AppError `database-…`, `master-key-…`, `object-store-…`.
 */
export async function createControlPlane(config: ControlPlaneConfig, deps: ControlPlaneDeps): Promise<ControlPlane> {
  const databaseUrl = config.databaseUrl || `pglite:${join(resolve(config.dataDir), 'database')}`;
  const database = await openDatabase(databaseUrl, { logger: deps.logger });
  let listensAt = '';
  const publicUrl = () => config.api.publicUrl.replace(/\/+$/, '') || listensAt;
  const parts = await build(config, deps, database, publicUrl).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  const { services, background, packages } = parts;
  const edges = createEdges(parts, config, deps);
  const sweepers = startSweepers(parts, config, deps.logger);
  const shutDown = async () => {
    await edges.api.close();
    await edges.metrics.close();
    await Promise.all(sweepers.map((sweeper) => sweeper.close()));
    services.stopIngests();
    await deps.nodeLink.close();
    await background.settled();
    await services.audit.flush();
    packages.close();
    await database.close();
  };
  let closing: Promise<void> | null = null;
  return {
    listen: async () => {
      await edges.metrics.listen();
      listensAt = await edges.api.listen({ host: config.api.listenAddress, port: config.api.port });
      packages.listening(listensAt);
      return { url: listensAt };
    },
    close: () => {
      closing ??= shutDown();
      return closing;
    },
    admin: createAdmin(services, deps.now ?? Date.now),
    services,
  };
}
