import type { PackageManifest } from '@cloudstage/protocol';
import type { FileKind } from '../../storage/file-kind.js';
import { normaliseProgramPath } from '../../storage/program-path.js';
import { applicationLimits } from './limits.js';

/** What questions about a stored package need. */
export interface PackageIndex {
  readonly manifestSha256: string;
  readonly manifest: PackageManifest;
  /** Programs, those nearest to the root first; at most 1,000. */
  readonly programs: readonly string[];
  /** Kind of a file; null when it is no file, or the package was stored before kinds were told. */
  kindOf(path: string): FileKind | null;
  /** Whether the package has a file, directory or link of this name, in whatever form a person wrote it. */
  has(path: string): boolean;
}

/** Reads the list of files of a stored package. Throws AppError `object-…` when the store does not have it. */
export type LoadManifest = (manifestSha256: string) => Promise<PackageManifest>;

/** Reads packages' lists of files and keeps a few. Throws AppError `object-…` when the store does not have one. */
export type LoadPackageIndex = (manifestSha256: string) => Promise<PackageIndex>;

const depthOf = (path: string): number => path.split('/').length;

/** Programs of a package in the order in which a person looks for one. PURE. */
export function listProgramPaths(manifest: PackageManifest): readonly string[] {
  const files = manifest.entries.filter((entry) => entry.type === 'file');
  // Packages that were stored before kinds were told: what may be executed.
  const knowsKinds = files.some((file) => file.kind !== undefined);
  return files
    .filter((file) => (knowsKinds ? file.kind !== undefined : file.executable))
    .map((file) => file.path)
    .sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1))
    .slice(0, applicationLimits.listedPrograms);
}

function indexOf(manifestSha256: string, manifest: PackageManifest): PackageIndex {
  const knowsKinds = manifest.entries.some((entry) => entry.type === 'file' && entry.kind !== undefined);
  const kinds = new Map<string, FileKind | null>();
  for (const entry of manifest.entries) {
    kinds.set(entry.path, entry.type === 'file' && knowsKinds ? (entry.kind ?? 'data') : null);
  }
  // Directories need no entry of their own to be there.
  const directories = new Set<string>();
  for (const path of kinds.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (directories.has(path.slice(0, end))) break;
      directories.add(path.slice(0, end));
    }
  }
  return {
    manifestSha256,
    manifest,
    programs: listProgramPaths(manifest),
    kindOf: (path) => kinds.get(path) ?? null,
    has: (text) => {
      const path = normaliseProgramPath(text);
      return kinds.has(path) || directories.has(path);
    },
  };
}

/** Creates the reader; the least recently used lists make room for others. */
export function createLoadPackageIndex(loadManifest: LoadManifest): LoadPackageIndex {
  const cache = new Map<string, PackageIndex>();
  const trim = () => {
    let entries = [...cache.values()].reduce((sum, { manifest }) => sum + manifest.entries.length, 0);
    for (const [key, { manifest }] of cache) {
      if (entries <= applicationLimits.cachedEntries) return;
      cache.delete(key);
      entries -= manifest.entries.length;
    }
  };
  return async (manifestSha256) => {
    const index = cache.get(manifestSha256) ?? indexOf(manifestSha256, await loadManifest(manifestSha256));
    cache.delete(manifestSha256);
    cache.set(manifestSha256, index);
    trim();
    return index;
  };
}
