import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackageEntry, PackageManifest, PackageRef } from '@cloudstage/protocol';

/** A file of a test package: its content, or a program of this machine to copy. */
export interface TestFile {
  readonly path: string;
  readonly from?: string;
  readonly text?: string;
  readonly executable?: boolean;
}

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');

/** Stores a package as the control plane's ingest does. */
export async function storeTestPackage(storeDir: string, files: readonly TestFile[]): Promise<PackageRef> {
  await mkdir(join(storeDir, 'blobs'), { recursive: true });
  await mkdir(join(storeDir, 'manifests'), { recursive: true });
  const entries: PackageEntry[] = [];
  let totalBytes = 0;
  for (const { path, from, text, executable } of files) {
    const data = from ? await readFile(from) : Buffer.from(text ?? '');
    await writeFile(join(storeDir, 'blobs', sha256(data)), data);
    entries.push({ type: 'file', path, sizeBytes: data.length, sha256: sha256(data), executable: executable ?? false });
    totalBytes += data.length;
  }
  const manifest: PackageManifest = { formatVersion: 1, totalBytes, entries };
  const json = JSON.stringify(manifest);
  await writeFile(join(storeDir, 'manifests', sha256(json)), json);
  return { manifestSha256: sha256(json) };
}
