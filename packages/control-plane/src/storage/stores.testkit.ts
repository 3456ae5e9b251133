import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFsStore } from './fs-store.js';
import type { ObjectStore } from './object-store.js';
import { S3Bucket } from './s3-bucket.js';
import { startS3Server } from './s3-server.testkit.js';
import { openS3Store } from './s3-store.js';
import { openStagingArea } from './staging.js';

/** A directory that a test throws away. */
export interface TestDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes a directory for one test. */
export async function makeTestDirectory(): Promise<TestDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'cloudstage-storage-'));
  return { path, remove: () => rm(path, { recursive: true }) };
}

/** A store and what a test may do behind its back. */
export interface TestStore {
  readonly store: ObjectStore;
  /** Directory of everything that the store has on this machine, for tests that measure it. */
  readonly directory: string;
  /** The same store as another control plane opens it. */
  reopen(): Promise<ObjectStore>;
  /** Lets an object look as if it had been stored at `modifiedAt` (epoch ms). */
  age(key: string, modifiedAt: number): Promise<void>;
  close(): Promise<void>;
}

async function openTestFsStore(): Promise<TestStore> {
  const directory = await mkdtemp(join(tmpdir(), 'cloudstage-store-'));
  const root = join(directory, 'objects');
  return {
    store: await openFsStore(root),
    directory,
    reopen: () => openFsStore(root),
    age: (key, modifiedAt) => {
      const [kind = '', hash = ''] = key.split('/');
      return utimes(join(root, kind, hash.slice(0, 2), hash), new Date(modifiedAt), new Date(modifiedAt));
    },
    close: () => rm(directory, { recursive: true }),
  };
}

async function openTestS3Store(): Promise<TestStore> {
  const directory = await mkdtemp(join(tmpdir(), 'cloudstage-s3-'));
  const server = await startS3Server(join(directory, 'server'));
  const reopen = async () => {
    const area = await openStagingArea(join(directory, 'staging'));
    return openS3Store({ bucket: new S3Bucket(server.settings), area, now: Date.now });
  };
  const store = await reopen();
  return {
    store,
    directory,
    reopen,
    age: (key, modifiedAt) => server.age(key, new Date(modifiedAt)),
    close: async () => {
      store.close();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Kinds of stores; each passes the same tests. */
export const testStores = [
  ['file system', openTestFsStore],
  ['S3', openTestS3Store],
] as const;

/** Paths of all files below a directory. */
export async function filesBelow(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Content as a store takes it. */
export async function* chunks(...parts: (string | Buffer)[]): AsyncIterable<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

/** Reads a stream to its end. */
export async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}
