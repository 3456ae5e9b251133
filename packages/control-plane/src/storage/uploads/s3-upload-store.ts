import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError, isAppError } from '@cloudstage/protocol';
import { s3Limits } from '../limits.js';
import type { ObjectFacts } from '../object-store.js';
import type { S3Bucket } from '../s3-bucket.js';
import type { StagingArea } from '../staging.js';
import { uploadLimits } from './limits.js';
import type { UploadStore } from './upload-store.js';

const folder = 'uploads/';

/** Key of an upload in the bucket. */
export function uploadKey(path: string): string {
  return `${folder}${path}`;
}

/** Lists what lies under a prefix, page by page, up to a bound. */
async function* listAll(bucket: S3Bucket, under: string): AsyncIterable<ObjectFacts> {
  let after = '';
  for (let page = 0; page < uploadLimits.listPages; page += 1) {
    const found = await bucket.list(under, { after, limit: s3Limits.listKeys });
    yield* found;
    if (found.length < s3Limits.listKeys) return;
    after = found.at(-1)?.key ?? '';
  }
}

/** Removes what was uploaded for a version before `path`, which now counts. */
export async function removeEarlier(bucket: S3Bucket, path: string): Promise<void> {
  const folderOfVersion = uploadKey(path.slice(0, path.indexOf('/') + 1));
  for await (const { key } of listAll(bucket, folderOfVersion)) if (key !== uploadKey(path)) await bucket.delete(key);
}

/** Creates a store in a bucket, under `uploads/`. */
export function createS3UploadStore(bucket: S3Bucket, area: StagingArea): UploadStore {
  return {
    stage: () => area.create(),
    finish: async (localPath, path) => {
      await bucket.upload(uploadKey(path), localPath, (await stat(localPath)).size);
      await removeEarlier(bucket, path);
    },
    find: async (versionId) => {
      let newest: ObjectFacts | null = null;
      for await (const facts of listAll(bucket, uploadKey(`${versionId}/`))) {
        if (newest === null || facts.modifiedAt >= newest.modifiedAt) newest = facts;
      }
      if (newest === null) return null;
      const { key, sizeBytes, modifiedAt } = newest;
      return { path: key.slice(folder.length), sizeBytes, finishedAt: modifiedAt };
    },
    open: async ({ path, sizeBytes }, { onProgress, signal }) => {
      const staging = await area.create();
      const archivePath = join(staging.path, 'archive');
      let received = 0;
      async function* counted(source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          received += chunk.length;
          onProgress(Math.min(1, received / Math.max(1, sizeBytes)));
          yield chunk;
        }
      }
      try {
        const source = await bucket.open(uploadKey(path), signal);
        await pipeline(Readable.from(counted(source)), createWriteStream(archivePath, { mode: 0o600 }));
      } catch (cause) {
        await staging.remove();
        if (!isAppError(cause, 'object-not-found')) throw cause;
        throw new AppError('upload-not-found', 'the uploaded package is no longer there; upload it again', { cause });
      }
      return { archivePath, release: () => staging.remove() };
    },
    discard: async (versionId) => {
      for await (const { key } of listAll(bucket, uploadKey(`${versionId}/`))) await bucket.delete(key);
    },
    sweep: async (before) => {
      let removed = 0;
      for await (const { key, modifiedAt } of listAll(bucket, folder)) {
        if (modifiedAt >= before) continue;
        await bucket.delete(key);
        removed += 1;
      }
      return removed;
    },
  };
}
