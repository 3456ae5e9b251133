import { createHash } from 'node:crypto';
import { mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, type PackageEntry, type PackageManifest, PackageManifestSchema } from '@cloudstage/protocol';
import { Value } from 'typebox/value';
import { agentLimits } from './limits.js';
import { programKind } from './package-entry.js';
import { checkManifestTree } from './package-paths.js';

/** Opens an object of the control plane's store. */
export type OpenObject = (key: string) => Promise<AsyncIterable<Uint8Array>>;

type FileEntry = Extract<PackageEntry, { type: 'file' }>;

/** Fetches and checks a manifest. @throws AppError `package-invalid`, or what `openObject` throws. */
export async function fetchManifest(openObject: OpenObject, sha256: string): Promise<PackageManifest> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of await openObject(`manifests/${sha256}`)) {
    bytes += chunk.length;
    if (bytes > agentLimits.manifestBytes) {
      throw new AppError('package-invalid', `manifest ${sha256} is larger than ${agentLimits.manifestBytes} bytes`);
    }
    chunks.push(chunk);
  }
  const data = Buffer.concat(chunks);
  if (createHash('sha256').update(data).digest('hex') !== sha256) {
    throw new AppError('package-invalid', `manifest ${sha256} does not have that hash`);
  }
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch (cause) {
    throw new AppError('package-invalid', `manifest ${sha256} is not JSON`, { cause });
  }
  if (!Value.Check(PackageManifestSchema, value)) {
    throw new AppError('package-invalid', `manifest ${sha256} has a wrong shape`);
  }
  checkManifestTree(value, agentLimits.packageEntries);
  return value;
}

async function writeFileEntry(openObject: OpenObject, root: string, entry: FileEntry): Promise<void> {
  const file = await open(join(root, entry.path), 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    let program = false;
    for await (const chunk of await openObject(`blobs/${entry.sha256}`)) {
      // Archives made on Windows carry no permissions: what looks like a program may be run.
      if (bytes === 0) program = programKind(chunk) === 'elf';
      bytes += chunk.length;
      if (bytes > entry.sizeBytes) break;
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    if (bytes !== entry.sizeBytes || hash.digest('hex') !== entry.sha256) {
      throw new AppError('package-invalid', `${entry.path} is not the file that the manifest names`);
    }
    await file.chmod(entry.executable || program ? 0o555 : 0o444);
  } finally {
    await file.close();
  }
}

/** Writes the tree of `manifest` into the empty directory `root`; directories stay writable for the caller. */
export async function materialise(openObject: OpenObject, manifest: PackageManifest, root: string): Promise<void> {
  const directories = new Set<string>();
  for (const { path, type } of manifest.entries) directories.add(type === 'directory' ? path : dirname(path));
  for (const path of directories) await mkdir(join(root, path), { recursive: true, mode: 0o755 });
  const files = manifest.entries.filter((entry) => entry.type === 'file');
  let next = 0;
  let failed = false;
  const worker = async () => {
    try {
      for (let entry = files[next++]; entry && !failed; entry = files[next++]) {
        await writeFileEntry(openObject, root, entry);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: agentLimits.parallelBlobs }, worker));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  for (const entry of manifest.entries) {
    if (entry.type === 'symlink') await symlink(entry.target, join(root, entry.path));
  }
}
