import { AppError, type PackageManifest } from '@cloudstage/protocol';
import { forEachConcurrently } from './concurrently.js';
import type { FileKind } from './file-kind.js';
import { storageLimits } from './limits.js';
import type { LocalObject, ObjectStore, StagingDirectory } from './object-store.js';
import { stageContent } from './staging.js';

/** A package in the store. */
export interface StoredPackage {
  readonly manifestSha256: string;
  readonly manifest: PackageManifest;
  /** What name and first bytes of a file say that it is; null for other things than files. */
  kindOf(path: string): FileKind | null;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/**
 * Reads a stored manifest.
 * @throws AppError `object-not-found`, `object-too-large`.
 */
export async function loadManifest(store: ObjectStore, manifestSha256: string): Promise<PackageManifest> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of await store.open(`manifests/${manifestSha256}`)) {
    sizeBytes += part.length;
    if (sizeBytes > storageLimits.maxManifestBytes) {
      throw new AppError('object-too-large', `the manifest ${manifestSha256} is too large`);
    }
    parts.push(part);
  }
  // Its name is its hash and we wrote it: its form needs no second check.
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as PackageManifest;
}

function fileHashes({ entries }: PackageManifest): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => (entry.type === 'file' ? [entry.sha256] : [])));
}

/** What {@link publishPackage} is given besides the manifest. */
export interface PublishInput {
  /** New content by hash. */
  readonly staged: ReadonlyMap<string, LocalObject>;
  readonly onProgress: (fraction: number) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Brings a checked package to the store: content first, the manifest that promises it last.
 * @throws AppError `package-base-unavailable` when content that is kept of a base has gone; `object-store-…`.
 */
export async function publishPackage(
  store: ObjectStore,
  staging: StagingDirectory,
  manifest: PackageManifest,
  { staged, onProgress, signal }: PublishInput,
): Promise<StoredPackage> {
  const hashes = fileHashes(manifest);
  const blobs = [...staged.values()].filter(({ key }) => hashes.has(key.slice('blobs/'.length)));
  const options = signal === undefined ? { onProgress } : { onProgress, signal };
  await store.publish(blobs, options);
  const kept = [...hashes].filter((hash) => !staged.has(hash));
  await forEachConcurrently(kept, storageLimits.checkConcurrency, async (hash) => {
    signal?.throwIfAborted();
    if (!(await store.has(`blobs/${hash}`))) throw baseUnavailable();
  });
  const bytes = Buffer.from(JSON.stringify(manifest));
  const { sha256, path, sizeBytes } = await stageContent(staging, once(bytes), { maxBytes: bytes.length });
  await store.publish([{ key: `manifests/${sha256}`, path, sizeBytes }]);
  const kinds = new Map<string, FileKind>();
  for (const entry of manifest.entries) if (entry.type === 'file') kinds.set(entry.path, entry.kind ?? 'data');
  return { manifestSha256: sha256, manifest, kindOf: (file) => kinds.get(file) ?? null };
}

function baseUnavailable(cause?: unknown): AppError {
  const message = 'the version that this update is based on is no longer there; upload the complete package';
  return new AppError('package-base-unavailable', message, { cause });
}

/**
 * Loads the manifest that an incremental update is based on, and keeps its content from sweeps meanwhile.
 * @throws AppError `package-base-unavailable`.
 */
export async function holdBase(store: ObjectStore, manifestSha256: string): Promise<PackageManifest> {
  // A young manifest keeps what it lists, whether a version still names it or not.
  if (!(await store.touch(`manifests/${manifestSha256}`))) throw baseUnavailable();
  return loadManifest(store, manifestSha256);
}
