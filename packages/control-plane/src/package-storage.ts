import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { ControlPlaneConfig } from './config.js';
import { listLivePictures } from './db/background-images.js';
import { listLiveManifests } from './db/manifests.js';
import type { Database } from './db/open.js';
import { findLiveRecordings } from './db/recordings.js';
import type { PackageSource } from './services/applications/package-source.js';
import { createPackageSource } from './services/applications/uploads.js';
import { createCollector } from './storage/collect-garbage.js';
import { createIngest, type Ingest } from './storage/ingest.js';
import type { ObjectStore } from './storage/object-store.js';
import { openStorage, type Storage } from './storage/open-storage.js';
import { createUploadTokens, type UploadTokens } from './storage/uploads/upload-token.js';
import { uploadsPath } from './uploads/deps.js';
import type { UploadObserver } from './uploads/observer.js';
import { registerUploads } from './uploads/routes.js';

/** Packages of a control plane: how they come in, where they are kept, and what removes them. */
export interface PackageStorage {
  readonly store: ObjectStore;
  readonly ingest: Ingest;
  readonly packageSource: PackageSource;
  /** Adds the upload endpoint to a server. */
  register(fastify: FastifyInstance): void;
  /** Tells under which URL the server listens; credentials name it unless `api.publicUrl` does. */
  listening(url: string): void;
  /** Removes a bounded piece of what is no longer used. */
  sweep(): Promise<void>;
  close(): void;
}

/** What {@link openPackageStorage} is built on. */
export interface PackageStorageDeps {
  readonly dataDir: string;
  readonly masterKey: Buffer;
  readonly database: Database;
  /** Told what happens to uploads. */
  readonly observer: UploadObserver;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const hours = (value: number): number => Math.round(value * 3_600_000);

function createSource(
  config: ControlPlaneConfig,
  {
    storage,
    tokens,
    uploadUrl,
    now,
  }: { storage: Storage; tokens: UploadTokens; uploadUrl: () => string } & Pick<PackageStorageDeps, 'now'>,
): PackageSource {
  const { packages } = config;
  return createPackageSource({
    tokens,
    uploads: storage.uploads,
    incoming: storage.incoming,
    uploadUrl,
    now,
    settings: {
      ...storage.place,
      credentialMs: packages.credentialSeconds * 1_000,
      maxArchiveBytes: packages.maxArchiveBytes,
      download: {
        schemes: packages.urlSchemes,
        allowPrivate: packages.allowPrivateUrls,
        maxBytes: packages.maxArchiveBytes,
        totalMs: packages.downloadSeconds * 1_000,
      },
    },
  });
}

/**
 * Opens the packages of a control plane.
 * @throws AppError `object-store-…` when the bucket cannot be used.
 */
export async function openPackageStorage(
  config: ControlPlaneConfig,
  { dataDir, masterKey, database, observer, logger, now }: PackageStorageDeps,
): Promise<PackageStorage> {
  const { packages, api } = config;
  const storage = await openStorage(dataDir, config.storage, now);
  const tokens = createUploadTokens(masterKey);
  const publicUrl = api.publicUrl === '' ? '' : `${api.publicUrl.replace(/\/+$/, '')}${uploadsPath}/`;
  let listenUrl = '';
  const collect = createCollector({
    store: storage.store,
    listLiveManifests: () => listLiveManifests(database.executor),
    listLivePictures: () => listLivePictures(database.executor),
    findLiveRecordings: (hashes) => findLiveRecordings(database.executor, hashes),
    minAgeMs: hours(packages.unusedHours),
    now,
    logger,
  });
  return {
    store: storage.store,
    ingest: createIngest(storage.store, packages),
    packageSource: createSource(config, { storage, tokens, now, uploadUrl: () => publicUrl || listenUrl }),
    register: (fastify) =>
      registerUploads(fastify, {
        tokens,
        uploads: storage.uploads,
        incoming: storage.incoming,
        multipart: storage.multipart,
        publicUrl,
        corsOrigins: config.cloudApi.corsOrigins,
        unfinishedMs: hours(packages.unfinishedHours),
        observer,
        logger: logger.child({ edge: 'uploads' }),
        now,
      }),
    listening: (url) => {
      listenUrl = `${url}${uploadsPath}/`;
    },
    sweep: async () => {
      const bounds = { unfinishedMs: hours(packages.unfinishedHours), uploadMs: hours(packages.uploadHours) };
      const { unfinished, unused } = await storage.sweep(bounds);
      if (unfinished > 0) observer.uploadsExpired('unfinished', unfinished);
      if (unused > 0) observer.uploadsExpired('unused', unused);
      await collect();
    },
    close: () => storage.close(),
  };
}
