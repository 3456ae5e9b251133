import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { openFsStore } from './fs-store.js';
import type { ObjectStore } from './object-store.js';
import { S3Bucket } from './s3-bucket.js';
import type { S3Settings } from './s3-client.js';
import { openS3Store } from './s3-store.js';
import { openStagingArea, type StagingArea } from './staging.js';
import { createFsUploadStore } from './uploads/fs-upload-store.js';
import { type Incoming, openIncoming } from './uploads/incoming.js';
import { createS3Uploads, type S3Uploads } from './uploads/s3-multipart.js';
import { createS3UploadStore } from './uploads/s3-upload-store.js';
import type { UploadStore } from './uploads/upload-store.js';

/** How many uploads a sweep has removed. */
export interface ExpiredUploads {
  /** Nothing was added to them for too long. */
  readonly unfinished: number;
  /** They were finished, and nobody used them. */
  readonly unused: number;
}

/** Where packages and uploads are kept. */
export interface StorageSettings {
  readonly type: 'fs' | 's3';
  readonly s3: S3Settings;
}

/** Everything that is kept outside the database. */
export interface Storage {
  readonly store: ObjectStore;
  readonly uploads: UploadStore;
  readonly incoming: Incoming;
  /** Uploads straight into the bucket; null when there is none. */
  readonly multipart: S3Uploads | null;
  /** What clients are told of the place of uploads. */
  readonly place: { readonly bucket: string; readonly region: string };
  /** Removes what dead processes have left, and uploads whose time is over. */
  sweep(bounds: { readonly unfinishedMs: number; readonly uploadMs: number }): Promise<ExpiredUploads>;
  close(): void;
}

/** What clients are told when there is no bucket. */
const localPlace = { bucket: 'cloudstage', region: 'local' };

interface Parts extends Omit<Storage, 'sweep' | 'incoming'> {
  readonly areas: readonly StagingArea[];
}

async function openParts(dataDir: string, settings: StorageSettings, now: () => number): Promise<Parts> {
  // On the file system of the finished uploads, which are links.
  const area = await openStagingArea(join(dataDir, 'uploads', 'staging'));
  if (settings.type === 'fs') {
    const store = await openFsStore(join(dataDir, 'objects'));
    const uploads = createFsUploadStore(join(dataDir, 'uploads', 'finished'), area, now);
    return { store, uploads, multipart: null, place: localPlace, areas: [area], close: () => store.close() };
  }
  if (settings.s3.bucket === '') {
    throw new AppError('object-store-bucket-missing', 'storage.type is s3: name the bucket in storage.s3.bucket');
  }
  const bucket = new S3Bucket(settings.s3);
  const store = await openS3Store({ bucket, area, now });
  const multipart = createS3Uploads(bucket);
  const { bucket: name, region } = settings.s3;
  return {
    store,
    uploads: createS3UploadStore(bucket, area),
    multipart,
    place: { bucket: name, region },
    areas: [area],
    close: () => {
      multipart.close();
      store.close();
    },
  };
}

/**
 * Opens the storage of a control plane: packages and finished uploads in `dataDir` or in a bucket, what is coming in always
 * in `dataDir`.
 * @throws AppError `object-store-…` when the bucket cannot be used.
 */
export async function openStorage(dataDir: string, settings: StorageSettings, now: () => number): Promise<Storage> {
  const incoming = await openIncoming(join(dataDir, 'uploads', 'incoming'));
  const { areas, ...parts } = await openParts(dataDir, settings, now);
  for (const area of areas) await area.sweep(now());
  return {
    ...parts,
    incoming,
    sweep: async ({ unfinishedMs, uploadMs }) => {
      for (const area of areas) await area.sweep(now());
      const unfinished = await incoming.sweep(now() - unfinishedMs);
      const unused = await parts.uploads.sweep(now() - uploadMs);
      return { unfinished, unused };
    },
  };
}
