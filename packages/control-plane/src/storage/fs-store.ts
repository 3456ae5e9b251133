import { createHash, randomUUID } from 'node:crypto';
import { access, constants, type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { isObjectKey, type ObjectStore } from './object-store.js';

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** Makes a rename durable: the directory entry is on disk only after the directory itself was synced. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/**
 * Opens an object store in a directory (mode 0700). Objects lie under `<kind>/<first two digits>/<sha256>`; what is being
 * written lies under `tmp`, which is emptied here, since a crash may have left something. A manifest that is on disk has its
 * blobs on disk; a blob alone may be lost by a power failure until then.
 */
export async function openFsStore(root: string): Promise<ObjectStore> {
  const temporary = join(root, 'tmp');
  await mkdir(root, { recursive: true, mode: 0o700 });
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });

  const pathOf = (key: string): string => {
    if (!isObjectKey(key))
      throw new AppError('object-key-invalid', 'an object key is blobs/ or manifests/ and a SHA-256');
    const [kind = '', hash = ''] = key.split('/');
    return join(root, kind, hash.slice(0, 2), hash);
  };
  /** Directories with new names that may not be on disk yet; at most one for each pair of hex digits and kind. */
  const unsynced = new Set<string>();
  const publish = async (from: string, key: string): Promise<void> => {
    const target = pathOf(key);
    const directory = dirname(target);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // A manifest promises its blobs: their names are made durable before its own.
    if (key.startsWith('manifests/')) await syncPending();
    await rename(from, target);
    unsynced.add(directory);
    if (key.startsWith('manifests/')) await syncPending();
  };
  const syncPending = async (): Promise<void> => {
    for (const directory of [...unsynced]) {
      await syncDirectory(directory);
      unsynced.delete(directory);
    }
  };
  const withTemporary = async <T>(work: (file: FileHandle, path: string) => Promise<T>): Promise<T> => {
    const path = join(temporary, randomUUID());
    const file = await open(path, 'wx', 0o600);
    try {
      return await work(file, path);
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  };

  return {
    put: (key, content) => {
      pathOf(key);
      return withTemporary(async (file, path) => {
        for await (const chunk of content) await file.writeFile(chunk);
        await file.sync();
        await publish(path, key);
      });
    },
    putContent: (prefix, content, { maxBytes }) =>
      withTemporary(async (file, path) => {
        const hash = createHash('sha256');
        let sizeBytes = 0;
        let head = Buffer.alloc(0);
        for await (const chunk of content) {
          sizeBytes += chunk.length;
          if (sizeBytes > maxBytes)
            throw new AppError('object-too-large', `an object is longer than ${maxBytes} bytes`);
          if (head.length < 4) head = Buffer.concat([head, chunk]).subarray(0, 4);
          hash.update(chunk);
          await file.writeFile(chunk);
        }
        const sha256 = hash.digest('hex');
        const isNew = !(await exists(pathOf(`${prefix}/${sha256}`)));
        if (isNew) {
          await file.sync();
          await publish(path, `${prefix}/${sha256}`);
        }
        return { sha256, sizeBytes, head: Uint8Array.from(head), isNew };
      }),
    open: async (key) => {
      try {
        return (await open(pathOf(key), 'r')).createReadStream();
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        throw new AppError('object-not-found', `there is no object ${key}`, { cause: error });
      }
    },
    has: (key) => exists(pathOf(key)),
    delete: (key) => rm(pathOf(key), { force: true }),
    // What is written goes through this directory: it is gone, or read-only, when the file system is.
    check: () => access(temporary, constants.W_OK),
  };
}
