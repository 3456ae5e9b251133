import type { PackageManifest } from '@cloudstage/protocol';
import type { ObjectStore } from './object-store.js';

/** Reads a stored manifest. */
export async function loadManifest(store: ObjectStore, manifestSha256: string): Promise<PackageManifest> {
  const parts: Uint8Array[] = [];
  for await (const part of await store.open(`manifests/${manifestSha256}`)) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as PackageManifest;
}
