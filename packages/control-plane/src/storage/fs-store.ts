import {
  access,
  constants,
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  utimes,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { forEachConcurrently } from './concurrently.js';
import { storageLimits } from './limits.js';
import { isObjectKey, type ObjectFacts, type ObjectKind, type ObjectStore } from './object-store.js';
import { openStagingArea, stageContent } from './staging.js';

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

async function syncAndClose(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes content, or the names in a directory, durable: a rename is on disk only after the directory itself was synced. */
async function syncPath(path: string): Promise<void> {
  await syncAndClose(await open(path, 'r'));
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Names in a directory in ascending order; none when it is missing. */
async function namesIn(path: string): Promise<string[]> {
  return ((await unlessMissing(readdir(path))) ?? []).sort();
}

/** An object store in a directory. */
class FsStore {
  constructor(readonly root: string) {}

  pathOf(key: string): string {
    if (!isObjectKey(key)) {
      throw new AppError('object-key-invalid', 'an object key is blobs/, manifests/ or images/ and a SHA-256');
    }
    const [kind = '', hash = ''] = key.split('/');
    return join(this.root, kind, hash.slice(0, 2), hash);
  }

  async stat(key: string): Promise<ObjectFacts | null> {
    const found = await unlessMissing(stat(this.pathOf(key)));
    return found === null ? null : { key, sizeBytes: found.size, modifiedAt: found.mtimeMs };
  }

  async touch(key: string): Promise<boolean> {
    // The file system's clock and ours are the same; several machines that share one keep theirs together to seconds.
    const now = new Date();
    return (await unlessMissing(utimes(this.pathOf(key), now, now).then(() => true))) ?? false;
  }

  /** Returns the directory that has a new name, if it has. */
  async publishOne(key: string, path: string): Promise<string | null> {
    // One that is there stays: it is durable already, this one is not.
    if (await this.touch(key)) return null;
    await syncPath(path);
    const target = this.pathOf(key);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(path, target);
    return dirname(target);
  }

  async list(kind: ObjectKind, options: { readonly after: string; readonly limit: number }): Promise<ObjectFacts[]> {
    const found: ObjectFacts[] = [];
    for (const part of await namesIn(join(this.root, kind))) {
      if (`${kind}/${part}~` <= options.after) continue;
      for (const hash of await namesIn(join(this.root, kind, part))) {
        const key = `${kind}/${hash}`;
        if (key <= options.after || !isObjectKey(key)) continue;
        const facts = await this.stat(key);
        if (facts !== null) found.push(facts);
        if (found.length === options.limit) return found;
      }
    }
    return found;
  }

  /** Takes the object away first and looks then: who makes it younger meanwhile either gets it back or finds it gone. */
  async deleteIfOlder(key: string, before: number, aside: string): Promise<boolean> {
    const found = await this.stat(key);
    if (found === null || found.modifiedAt >= before) return false;
    const gone = await unlessMissing(rename(this.pathOf(key), aside).then(() => true));
    if (gone === null) return false;
    const isYoung = (await stat(aside)).mtimeMs >= before;
    if (isYoung) {
      await link(aside, this.pathOf(key)).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
      });
    }
    await rm(aside, { force: true });
    return !isYoung;
  }
}

/**
 * Opens an object store in a directory (mode 0700). Objects lie under `<kind>/<first two digits>/<sha256>`; what is being
 * made lies under `tmp`, from where killed processes' leftovers are removed here. What `publish` has stored survives a power
 * failure.
 */
export async function openFsStore(root: string): Promise<ObjectStore> {
  const area = await openStagingArea(join(root, 'tmp'));
  await area.sweep(Date.now());
  const files = new FsStore(root);

  const publish: ObjectStore['publish'] = async (objects, options = {}) => {
    const directories = new Set<string>();
    let done = 0;
    await forEachConcurrently(objects, storageLimits.publishConcurrency, async ({ key, path }) => {
      options.signal?.throwIfAborted();
      const directory = await files.publishOne(key, path);
      if (directory !== null) directories.add(directory);
      done += 1;
      options.onProgress?.(done / objects.length);
    });
    for (const directory of directories) await syncPath(directory);
    // The two-digit directories may be new as well.
    for (const parent of new Set([...directories].map(dirname))) await syncPath(parent);
  };
  const put: ObjectStore['put'] = async (key, content) => {
    files.pathOf(key);
    const staging = await area.create();
    try {
      const { path, sizeBytes } = await stageContent(staging, content, { maxBytes: storageLimits.maxTotalBytes });
      await publish([{ key, path, sizeBytes }]);
    } finally {
      await staging.remove();
    }
  };
  return {
    stage: () => area.create(),
    publish,
    put,
    open: async (key) => {
      const file = await unlessMissing(open(files.pathOf(key), 'r'));
      if (file === null) throw new AppError('object-not-found', `there is no object ${key}`);
      return file.createReadStream();
    },
    stat: (key) => files.stat(key),
    has: async (key) => (await files.stat(key)) !== null,
    touch: (key) => files.touch(key),
    list: (kind, options) => files.list(kind, options),
    delete: (key) => rm(files.pathOf(key), { force: true }),
    deleteIfOlder: async (key, before) => {
      const staging = await area.create();
      try {
        return await files.deleteIfOlder(key, before, join(staging.path, 'aside'));
      } finally {
        await staging.remove();
      }
    },
    // What is written goes through this directory: it is gone, or read-only, when the file system is.
    check: () => access(join(root, 'tmp'), constants.W_OK),
    close: () => undefined,
  };
}
