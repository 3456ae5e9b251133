import { AppError, type PackageEntry, type PackageManifest } from '@cloudstage/protocol';
import { checkLinks } from './package-links.js';

/** Bounds of one package. */
export interface PackageBounds {
  readonly maxEntries: number;
  readonly maxTotalBytes: number;
  /** Size of the archive, for the compression ratio. */
  readonly archiveBytes: number;
}

/** Error for a package beyond its bound. PURE. */
export function tooLarge(bounds: PackageBounds, cause?: unknown): AppError {
  const message = `the package unpacks to more than ${bounds.maxTotalBytes} bytes`;
  return new AppError('package-too-large', message, { cause });
}

/** Throws AppError `package-too-many-entries`. PURE. */
export function checkCount(count: number, { maxEntries }: PackageBounds): void {
  if (count <= maxEntries) return;
  throw new AppError('package-too-many-entries', `the package has more than ${maxEntries} entries`);
}

/** Paths of all directories above a path. */
function* parentsOf(path: string): Iterable<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) yield path.slice(0, end);
}

/**
 * Lays the entries of an update over those of its base. PURE. An entry replaces that of the same path; a file or link that
 * takes a directory's place takes away what lay in it, and a directory that takes a file's or link's place takes that away.
 */
export function mergeEntries(
  base: readonly PackageEntry[],
  update: ReadonlyMap<string, PackageEntry>,
): readonly PackageEntry[] {
  const updateDirectories = new Set<string>();
  for (const entry of update.values()) {
    for (const parent of parentsOf(entry.path)) updateDirectories.add(parent);
    if (entry.type === 'directory') updateDirectories.add(entry.path);
  }
  const isKept = (entry: PackageEntry): boolean => {
    if (update.has(entry.path)) return false;
    if (entry.type !== 'directory' && updateDirectories.has(entry.path)) return false;
    for (const parent of parentsOf(entry.path)) {
      const above = update.get(parent);
      if (above !== undefined && above.type !== 'directory') return false;
    }
    return true;
  };
  return [...base.filter(isKept), ...update.values()];
}

/**
 * Makes the manifest of a tree: sorted, so that the same tree gives the same manifest whatever archive it came in. PURE.
 * @throws AppError `package-empty`, `package-too-many-entries`, `package-too-large`, `package-link-invalid`,
 * `package-entry-conflict`.
 */
export function checkTree(entries: readonly PackageEntry[], bounds: PackageBounds): PackageManifest {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  if (sorted.every((entry) => entry.type === 'directory')) {
    throw new AppError('package-empty', 'the package has no files');
  }
  checkCount(sorted.length, bounds);
  checkLinks(sorted);
  const totalBytes = sorted.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.sizeBytes : 0), 0);
  if (totalBytes > bounds.maxTotalBytes) throw tooLarge(bounds);
  return { formatVersion: 1, totalBytes, entries: sorted };
}
