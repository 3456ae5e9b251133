import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, isAppError, type PackageRef } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { fetchManifest, materialise, type OpenObject } from './package-fetch.js';

/** A package held in the cache: not evicted until released. */
export interface PackageLease {
  readonly path: string;
  /** Idempotent. */
  release(): void;
}

/** Packages on this node, by manifest hash, read-only. */
export interface PackageCache {
  /** Fetches the package when it is missing. @throws AppError `package-unavailable`. */
  acquire(ref: PackageRef): Promise<PackageLease>;
}

/** Dependencies and parameters of {@link openPackageCache}. */
export interface PackageCacheOptions {
  readonly dir: string;
  readonly maxBytes: number;
  readonly openObject: OpenObject;
  readonly logger: Logger;
}

/** Directories of a package: nobody writes, everybody may pass. */
async function sealDirectories(root: string): Promise<void> {
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (entry.isDirectory()) await sealDirectories(join(root, entry.name));
  }
  await chmod(root, 0o555);
}

async function unseal(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (entry.isDirectory()) await unseal(join(root, entry.name));
  }
}

async function removeTree(root: string): Promise<void> {
  await unseal(root).catch(() => undefined);
  await rm(root, { recursive: true, force: true });
}

interface CachedPackage {
  readonly sizeBytes: number;
  lastUsed: number;
  users: number;
}

const hashPattern = /^[0-9a-f]{64}$/;

/** What is complete in `dir`; half-fetched packages and evictions that were cut off are removed. */
async function readIndex(dir: string): Promise<Map<string, CachedPackage>> {
  await mkdir(dir, { recursive: true, mode: 0o755 });
  const names = new Set(await readdir(dir));
  const index = new Map<string, CachedPackage>();
  for (const name of names) {
    if (hashPattern.test(name) && names.has(`${name}.json`)) {
      const note = join(dir, `${name}.json`);
      const { sizeBytes } = JSON.parse(await readFile(note, 'utf8')) as { sizeBytes: number };
      index.set(name, { sizeBytes, lastUsed: (await stat(note)).mtimeMs, users: 0 });
    } else if (!(name.endsWith('.json') && names.has(name.slice(0, -'.json'.length)))) {
      await removeTree(join(dir, name));
    }
  }
  return index;
}

/**
 * Opens the cache in `dir` (0700 is fine: the sandbox binds a package before it drops rights). Requests for the same package
 * share one fetch; the least recently used packages make room, those in use never.
 */
export async function openPackageCache(options: PackageCacheOptions): Promise<PackageCache> {
  const { dir, maxBytes, openObject, logger } = options;
  const index = await readIndex(dir);
  const fetching = new Map<string, Promise<void>>();

  async function evict(): Promise<void> {
    let total = [...index.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const idle = [...index].filter(([, entry]) => entry.users === 0).sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [hash, entry] of idle) {
      if (total <= maxBytes) return;
      // Taken by someone while an earlier one was being removed.
      if (entry.users > 0) continue;
      index.delete(hash);
      total -= entry.sizeBytes;
      await rm(join(dir, `${hash}.json`), { force: true });
      await removeTree(join(dir, hash));
      logger.info({ package: hash }, 'package evicted from the cache');
    }
  }

  async function fetchPackage(hash: string): Promise<void> {
    const startedAt = performance.now();
    const temporary = join(dir, `fetching-${hash}`);
    try {
      const manifest = await fetchManifest(openObject, hash);
      await removeTree(temporary);
      await mkdir(temporary, { mode: 0o755 });
      await materialise(openObject, manifest, temporary);
      // A directory without write permission cannot be renamed by its owner, so the top is sealed last.
      await sealDirectories(temporary);
      await chmod(temporary, 0o755);
      await writeFile(join(dir, `${hash}.json`), JSON.stringify({ sizeBytes: manifest.totalBytes }));
      await rename(temporary, join(dir, hash));
      await chmod(join(dir, hash), 0o555);
      index.set(hash, { sizeBytes: manifest.totalBytes, lastUsed: Date.now(), users: 1 });
      const tookMs = Math.round(performance.now() - startedAt);
      logger.info({ package: hash, bytes: manifest.totalBytes, tookMs }, 'package fetched');
    } catch (cause) {
      await removeTree(temporary);
      const why = isAppError(cause) ? cause.message : 'it could not be fetched';
      throw new AppError('package-unavailable', `package ${hash}: ${why}`, { cause });
    }
  }

  async function ensure(hash: string): Promise<CachedPackage> {
    let fetched = fetching.get(hash);
    if (!index.has(hash) && !fetched) {
      fetched = fetchPackage(hash).finally(() => fetching.delete(hash));
      fetching.set(hash, fetched);
      await fetched;
      const entry = index.get(hash);
      if (!entry) throw new AppError('package-unavailable', `package ${hash} vanished from the cache`);
      // The fetch itself counts as a user until here, so that making room cannot remove what was just fetched.
      await evict();
      entry.users -= 1;
      return entry;
    }
    await fetched;
    const entry = index.get(hash);
    if (!entry) throw new AppError('package-unavailable', `package ${hash} vanished from the cache`);
    return entry;
  }

  return {
    acquire: async ({ manifestSha256: hash }) => {
      if (!hashPattern.test(hash)) throw new AppError('package-unavailable', 'the package reference is not a SHA-256');
      const entry = await ensure(hash);
      entry.users += 1;
      entry.lastUsed = Date.now();
      const path = join(dir, hash);
      await utimes(`${path}.json`, new Date(), new Date());
      let released = false;
      return {
        path,
        release: () => {
          if (!released) entry.users -= 1;
          released = true;
        },
      };
    },
  };
}
