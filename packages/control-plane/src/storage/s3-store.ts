import { AppError } from '@cloudstage/protocol';
import { forEachConcurrently } from './concurrently.js';
import { s3Limits, storageLimits } from './limits.js';
import { isObjectKey, type LocalObject, type ObjectStore } from './object-store.js';
import type { S3Bucket } from './s3-bucket.js';
import { type StagingArea, stageContent } from './staging.js';

function checked(key: string): string {
  if (!isObjectKey(key)) {
    throw new AppError('object-key-invalid', 'an object key is blobs/, manifests/ or images/ and a SHA-256');
  }
  return key;
}

/** What {@link openS3Store} needs. */
export interface S3StoreDeps {
  readonly bucket: S3Bucket;
  /** Local disk for packages while they are unpacked and checked. */
  readonly area: StagingArea;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Stores one object unless it is there already; true when an old one was made young instead. */
async function publishOne(
  { bucket, now }: S3StoreDeps,
  { key, path, sizeBytes }: LocalObject,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const found = await bucket.stat(checked(key));
  if (found?.sizeBytes === sizeBytes) {
    if (now() - found.modifiedAt < s3Limits.freshMs) return false;
    if (sizeBytes <= s3Limits.maxCopyBytes) {
      await bucket.renew(key);
      return true;
    }
  }
  await bucket.upload(key, path, sizeBytes, { sha256: key.slice(key.indexOf('/') + 1), signal });
  return found !== null;
}

/**
 * Opens an object store in an S3 bucket. Packages are unpacked and checked on local disk first, so that nothing of a refused
 * one ever reaches the bucket.
 * @throws AppError `object-store-…` when the bucket is missing, closed or out of reach.
 */
export async function openS3Store(deps: S3StoreDeps): Promise<ObjectStore> {
  const { bucket, area } = deps;
  await bucket.check();
  await area.sweep(deps.now());

  const publish: ObjectStore['publish'] = async (objects, options = {}) => {
    const totalBytes = objects.reduce((sum, object) => sum + object.sizeBytes, 0);
    const renewed: LocalObject[] = [];
    let doneBytes = 0;
    await forEachConcurrently(objects, storageLimits.publishConcurrency, async (object) => {
      options.signal?.throwIfAborted();
      if (await publishOne(deps, object, options.signal)) renewed.push(object);
      doneBytes += object.sizeBytes;
      options.onProgress?.(totalBytes === 0 ? 1 : doneBytes / totalBytes);
    });
    // A sweep elsewhere may have looked at an old object just before it was renewed and removed it just after.
    await forEachConcurrently(renewed, storageLimits.checkConcurrency, async ({ key, path, sizeBytes }) => {
      if ((await bucket.stat(key)) === null) await bucket.upload(key, path, sizeBytes, { signal: options.signal });
    });
  };
  return {
    stage: () => area.create(),
    publish,
    put: async (key, content) => {
      checked(key);
      const staging = await area.create();
      try {
        const staged = await stageContent(staging, content, { maxBytes: storageLimits.maxTotalBytes });
        await bucket.upload(key, staged.path, staged.sizeBytes);
      } finally {
        await staging.remove();
      }
    },
    open: async (key) => bucket.open(checked(key)),
    stat: async (key) => bucket.stat(checked(key)),
    has: async (key) => (await bucket.stat(checked(key))) !== null,
    touch: async (key) => {
      const found = await bucket.stat(checked(key));
      if (found === null) return false;
      if (deps.now() - found.modifiedAt >= s3Limits.freshMs) await bucket.renew(key);
      return true;
    },
    list: (kind, options) => bucket.list(`${kind}/`, options),
    delete: async (key) => bucket.delete(checked(key)),
    deleteIfOlder: async (key, before) => {
      const found = await bucket.stat(checked(key));
      if (found === null || found.modifiedAt >= before) return false;
      await bucket.delete(key);
      return true;
    },
    check: () => bucket.check(),
    close: () => bucket.close(),
  };
}
