import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import type { StagingArea } from '../staging.js';
import type { FinishedUpload, UploadStore } from './upload-store.js';

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Finished uploads of a version, newest first. */
async function uploadsOf(root: string, versionId: string): Promise<FinishedUpload[]> {
  const found: FinishedUpload[] = [];
  for (const name of await namesIn(join(root, versionId))) {
    const facts = await stat(join(root, versionId, name)).catch(() => null);
    if (facts === null) continue;
    found.push({ path: `${versionId}/${name}`, sizeBytes: facts.size, finishedAt: facts.mtimeMs });
  }
  return found.sort((a, b) => b.finishedAt - a.finishedAt);
}

/**
 * Creates a store in a directory; `area` and what is finished from must lie on the same file system: files are linked, not
 * copied.
 */
export function createFsUploadStore(root: string, area: StagingArea, now: () => number): UploadStore {
  return {
    stage: () => area.create(),
    finish: async (localPath, path) => {
      const target = join(root, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await sync(localPath);
      const staging = await area.create();
      try {
        const temporary = join(staging.path, randomUUID());
        await link(localPath, temporary);
        await utimes(temporary, new Date(now()), new Date(now()));
        await rename(temporary, target);
      } finally {
        await staging.remove();
      }
      await sync(dirname(target));
      for (const name of await namesIn(dirname(target))) {
        if (name !== basename(target)) await rm(join(dirname(target), name), { force: true });
      }
    },
    find: async (versionId) => (await uploadsOf(root, versionId))[0] ?? null,
    open: async ({ path }) => {
      const staging = await area.create();
      const archivePath = join(staging.path, 'archive');
      try {
        await link(join(root, path), archivePath);
      } catch (cause) {
        await staging.remove();
        throw new AppError('upload-not-found', 'the uploaded package is no longer there; upload it again', { cause });
      }
      return { archivePath, release: () => staging.remove() };
    },
    discard: (versionId) => rm(join(root, versionId), { recursive: true, force: true }),
    sweep: async (before) => {
      let removed = 0;
      for (const versionId of await namesIn(root)) {
        for (const { path, finishedAt } of await uploadsOf(root, versionId)) {
          if (finishedAt >= before) continue;
          await rm(join(root, path), { force: true });
          removed += 1;
        }
        // Fails while something is in it, which is what we want.
        await rmdir(join(root, versionId)).catch(() => undefined);
      }
      return removed;
    },
  };
}
