import { join, resolve } from 'node:path';
import type { NodeLink } from '@cloudstage/protocol';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { type ControlPlaneAdmin, createAdmin } from './admin.js';
import { cloudApiServerOptions, registerCloudApi } from './cloud-api/index.js';
import type { ControlPlaneConfig } from './config.js';
import { type Database, openDatabase } from './db/open.js';
import { attachNodes } from './node-link/node-registry.js';
import { registerHealth } from './observability/health.js';
import { openPackageStorage, type PackageStorage } from './package-storage.js';
import { failInterruptedVersions } from './services/applications/create-application-version.js';
import { createBackground } from './services/background.js';
import type { ServiceDeps, ServiceSettings } from './services/deps.js';
import { createSecretBox, loadMasterKey } from './services/secret-box.js';
import { type AllServices, createServices } from './services/services.js';
import { resumeSessions } from './services/sessions/resume.js';
import { startSweeper } from './sweeper.js';

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

const seconds = (value: number): number => Math.round(value * 1_000);

function toSettings(config: ControlPlaneConfig): ServiceSettings {
  const { sessions } = config;
  return {
    reservationMs: seconds(sessions.reservationSeconds),
    startMs: seconds(sessions.startSeconds),
    endRetryMs: seconds(sessions.endRetrySeconds),
    cleaningMs: seconds(sessions.cleaningSeconds),
    reconnectGraceMs: seconds(sessions.reconnectGraceSeconds),
    connectMs: seconds(sessions.connectSeconds),
    endMs: seconds(sessions.connectSeconds),
    nodeSilentMs: seconds(sessions.nodeSilentSeconds),
    maxPlayers: sessions.maxPlayers,
    maxViewers: sessions.maxViewers,
  };
}

function createServer(
  services: AllServices,
  packages: PackageStorage,
  config: ControlPlaneConfig,
  deps: ControlPlaneDeps,
): FastifyInstance {
  const fastify = Fastify({ ...cloudApiServerOptions, logger: false, forceCloseConnections: true });
  registerHealth(fastify, services);
  registerCloudApi(fastify, {
    services,
    logger: deps.logger.child({ edge: 'cloud-api' }),
    config: config.cloudApi,
    now: deps.now ?? Date.now,
  });
  packages.register(fastify);
  return fastify;
}

async function build(config: ControlPlaneConfig, deps: ControlPlaneDeps, database: Database) {
  const dataDir = resolve(config.dataDir);
  const masterKey = await loadMasterKey({ configured: config.masterKey, path: join(dataDir, 'master.key') });
  const now = deps.now ?? Date.now;
  const packages = await openPackageStorage(config, { dataDir, masterKey, database, logger: deps.logger, now });
  const { store } = packages;
  const background = createBackground(deps.logger);
  const serviceDeps: ServiceDeps = {
    database,
    nodeLink: deps.nodeLink,
    secrets: createSecretBox(masterKey),
    background,
    now,
    settings: toSettings(config),
    logger: deps.logger,
    version: controlPlaneVersion,
  };
  const services = createServices(serviceDeps, packages.ingest);
  if (database.exclusive) await failInterruptedVersions(serviceDeps);
  await resumeSessions(serviceDeps);
  attachNodes({ nodeLink: deps.nodeLink, handleNodeEvent: services.handleNodeEvent, store, logger: deps.logger });
  return { services, background, packages };
}

/**
 * Builds the control plane: opens the database (and migrates it), the object store and the master key, lets nodes in and
 * starts to watch deadlines. HTTP begins with `listen`.
 * @throws AppError `database-…`, `master-key-…`, `object-store-…`.
 */
export async function createControlPlane(config: ControlPlaneConfig, deps: ControlPlaneDeps): Promise<ControlPlane> {
  const databaseUrl = config.databaseUrl || `pglite:${join(resolve(config.dataDir), 'database')}`;
  const database = await openDatabase(databaseUrl, { logger: deps.logger });
  const { services, background, packages } = await build(config, deps, database).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  const server = createServer(services, packages, config, deps);
  const sweeper = startSweeper(services.sweep, {
    pauseMs: seconds(config.sessions.sweepSeconds),
    logger: deps.logger,
  });
  const packageSweeper = startSweeper(packages.sweep, {
    pauseMs: seconds(config.packages.sweepSeconds),
    logger: deps.logger,
  });
  const shutDown = async () => {
    await server.close();
    await sweeper.close();
    await packageSweeper.close();
    await deps.nodeLink.close();
    await background.settled();
    packages.close();
    await database.close();
  };
  let closing: Promise<void> | null = null;
  return {
    listen: async () => {
      const url = await server.listen({ host: config.api.listenAddress, port: config.api.port });
      packages.listening(url);
      return { url };
    },
    close: () => {
      closing ??= shutDown();
      return closing;
    },
    admin: createAdmin(services),
    services,
  };
}
