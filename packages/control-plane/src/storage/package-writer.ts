import { AppError, isAppError, type PackageEntry, type PackageManifest } from '@cloudstage/protocol';
import { normaliseEntryPath } from './entry-path.js';
import { storageLimits } from './limits.js';
import type { ObjectStore, StoredContent } from './object-store.js';
import { checkLinks } from './package-links.js';

/** Bounds of one package. */
export interface PackageBounds {
  readonly maxEntries: number;
  readonly maxTotalBytes: number;
  /** Size of the archive, for the compression ratio. */
  readonly archiveBytes: number;
}

/** A package in the store. */
export interface StoredPackage {
  readonly manifestSha256: string;
  readonly manifest: PackageManifest;
  /** What the first bytes of a file say that it is; null for other things than files. */
  kindOf(path: string): FileKind | null;
}

/** Kind of a file by its first bytes. `pe`: a Windows program. */
export type FileKind = 'elf' | 'pe' | 'script' | 'data';

/** Collects the entries of one archive, whatever its format, and writes their content to the store. */
export interface PackageWriter {
  /** `executable: null`: the archive does not say, so the content decides (ELF or a script). */
  addFile(
    name: string,
    content: AsyncIterable<Uint8Array>,
    options: { readonly executable: boolean | null },
  ): Promise<void>;
  addDirectory(name: string): void;
  addSymlink(name: string, target: string): void;
  /** A second name of a file that came before. */
  addHardLink(name: string, target: string): void;
  /** Checks the tree and stores the manifest. */
  finish(): Promise<StoredPackage>;
  /** Removes what was stored and was not there before. */
  discard(): Promise<void>;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

function kindOfHead(head: Uint8Array): FileKind {
  const magic = Buffer.from(head).toString('latin1');
  if (magic === '\x7fELF') return 'elf';
  if (magic.startsWith('#!')) return 'script';
  return magic.startsWith('MZ') ? 'pe' : 'data';
}

/** Of files from archives without permissions. */
function looksExecutable(kind: FileKind): boolean {
  return kind === 'elf' || kind === 'script';
}

function sameEntry(a: PackageEntry, b: PackageEntry): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Creates a writer. Every method throws AppError with a `package-…` code when the archive breaks a rule. */
export function createPackageWriter(store: ObjectStore, bounds: PackageBounds): PackageWriter {
  const entries = new Map<string, PackageEntry>();
  const kinds = new Map<string, FileKind>();
  const written = new Set<string>();
  let totalBytes = 0;

  const bytesLeft = (): number => {
    const byRatio = Math.max(storageLimits.ratioFreeBytes, bounds.archiveBytes * storageLimits.maxCompressionRatio);
    return Math.min(bounds.maxTotalBytes, byRatio) - totalBytes;
  };
  const add = (entry: PackageEntry): void => {
    const earlier = entries.get(entry.path);
    if (earlier !== undefined && !sameEntry(earlier, entry)) {
      throw new AppError('package-entry-conflict', `the package has two different entries ${entry.path}`);
    }
    entries.set(entry.path, entry);
    if (entries.size > bounds.maxEntries) {
      throw new AppError('package-too-many-entries', `the package has more than ${bounds.maxEntries} entries`);
    }
  };
  const filePath = (name: string): string => {
    const path = normaliseEntryPath(name);
    if (path === '') throw new AppError('package-path-invalid', 'the package has a file without a name');
    return path;
  };
  const storeContent = async (content: AsyncIterable<Uint8Array>): Promise<StoredContent> => {
    try {
      return await store.putContent('blobs', content, { maxBytes: Math.max(0, bytesLeft()) });
    } catch (error) {
      if (!isAppError(error, 'object-too-large')) throw error;
      const isRatio = bytesLeft() < bounds.maxTotalBytes - totalBytes;
      throw isRatio
        ? new AppError(
            'package-ratio-too-high',
            `the package unpacks to more than ${storageLimits.maxCompressionRatio} times its size`,
            { cause: error },
          )
        : new AppError('package-too-large', `the package unpacks to more than ${bounds.maxTotalBytes} bytes`, {
            cause: error,
          });
    }
  };

  return {
    addFile: async (name, content, { executable }) => {
      const path = filePath(name);
      const stored = await storeContent(content);
      if (stored.isNew) written.add(`blobs/${stored.sha256}`);
      totalBytes += stored.sizeBytes;
      const { sha256, sizeBytes, head } = stored;
      const kind = kindOfHead(head);
      add({
        type: 'file',
        path,
        sizeBytes,
        sha256,
        executable: executable ?? looksExecutable(kind),
        ...(kind === 'data' ? {} : { kind }),
      });
      kinds.set(path, kind);
    },
    addDirectory: (name) => {
      const path = normaliseEntryPath(name);
      if (path !== '') add({ type: 'directory', path });
    },
    addSymlink: (name, target) => {
      const path = filePath(name);
      const bytes = Buffer.byteLength(target);
      if (bytes === 0 || bytes > storageLimits.maxLinkBytes || target.includes('\0')) {
        throw new AppError('package-link-invalid', `the link ${path} has an empty or too long target`);
      }
      add({ type: 'symlink', path, target });
    },
    addHardLink: (name, target) => {
      const path = filePath(name);
      const original = entries.get(normaliseEntryPath(target));
      if (original?.type !== 'file') {
        throw new AppError('package-link-invalid', `the hard link ${path} points to no earlier file of the package`);
      }
      totalBytes += original.sizeBytes;
      if (bytesLeft() < 0)
        throw new AppError('package-too-large', 'the package unpacks to too many bytes by hard links');
      add({ ...original, path });
      kinds.set(path, kinds.get(original.path) ?? 'data');
    },
    finish: async () => {
      // Sorted, so that the same tree gives the same manifest whatever archive it came in.
      const sorted = [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
      if (sorted.every((entry) => entry.type === 'directory')) {
        throw new AppError('package-empty', 'the package has no files');
      }
      checkLinks(sorted);
      const manifest: PackageManifest = { formatVersion: 1, totalBytes, entries: sorted };
      const bytes = Buffer.from(JSON.stringify(manifest));
      const stored = await store.putContent('manifests', once(bytes), { maxBytes: bytes.length });
      return { manifestSha256: stored.sha256, manifest, kindOf: (path) => kinds.get(path) ?? null };
    },
    discard: async () => {
      for (const key of written) await store.delete(key);
    },
  };
}
