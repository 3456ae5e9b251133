import { AppError, isAppError, type PackageEntry, type PackageManifest } from '@cloudstage/protocol';
import { normaliseEntryPath } from './entry-path.js';
import { type FileKind, kindOfFile } from './file-kind.js';
import { storageLimits } from './limits.js';
import type { LocalObject, ObjectStore, StagingDirectory } from './object-store.js';
import { publishPackage, type StoredPackage } from './package-publish.js';
import { checkCount, checkTree, mergeEntries, type PackageBounds, tooLarge } from './package-tree.js';
import { type StagedContent, stageContent } from './staging.js';

/** Collects the entries of one archive, whatever its format, and brings their content to the store. */
export interface PackageWriter {
  /** Aborts what is under way; readers of archives look at it between entries. */
  readonly signal: AbortSignal | undefined;
  /** What an archive says of itself is checked before anything is unpacked. */
  expectEntries(count: number): void;
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
  /** Checks the tree, over that of the base if there is one, and stores everything. Nothing is in the store before. */
  finish(options: FinishOptions): Promise<StoredPackage>;
}

/** Options of {@link PackageWriter.finish}. */
export interface FinishOptions {
  /** Package whose entries are kept unless the archive replaces them. */
  readonly base: PackageManifest | null;
  readonly onProgress: (fraction: number) => void;
}

/** Of files from archives without permissions. */
function looksExecutable(kind: FileKind): boolean {
  return kind === 'elf' || kind === 'script';
}

function sameEntry(a: PackageEntry, b: PackageEntry): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Creates a writer that stages in `staging`. Its methods throw AppError `package-…` when the archive breaks a rule. */
export function createPackageWriter(
  store: ObjectStore,
  staging: StagingDirectory,
  bounds: PackageBounds,
  signal?: AbortSignal,
): PackageWriter {
  const entries = new Map<string, PackageEntry>();
  const staged = new Map<string, LocalObject>();
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
    checkCount(entries.size, bounds);
  };
  const filePath = (name: string): string => {
    const path = normaliseEntryPath(name);
    if (path === '') throw new AppError('package-path-invalid', 'the package has a file without a name');
    return path;
  };
  const stage = async (content: AsyncIterable<Uint8Array>): Promise<StagedContent> => {
    try {
      return await stageContent(staging, content, { maxBytes: Math.max(0, bytesLeft()), signal });
    } catch (error) {
      if (!isAppError(error, 'object-too-large')) throw error;
      const isRatio = bytesLeft() < bounds.maxTotalBytes - totalBytes;
      if (!isRatio) throw tooLarge(bounds, error);
      const times = storageLimits.maxCompressionRatio;
      throw new AppError('package-ratio-too-high', `the package unpacks to more than ${times} times its size`, {
        cause: error,
      });
    }
  };

  return {
    signal,
    expectEntries: (count) => checkCount(count, bounds),
    addFile: async (name, content, { executable }) => {
      const path = filePath(name);
      const { sha256, sizeBytes, head, path: stagedPath } = await stage(content);
      staged.set(sha256, { key: `blobs/${sha256}`, path: stagedPath, sizeBytes });
      totalBytes += sizeBytes;
      const kind = kindOfFile(path, head);
      const file = { type: 'file', path, sizeBytes, sha256, executable: executable ?? looksExecutable(kind) } as const;
      add(kind === 'data' ? file : { ...file, kind });
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
      if (bytesLeft() < 0) throw tooLarge(bounds);
      add({ ...original, path });
    },
    finish: async ({ base, onProgress }) => {
      const merged = base === null ? [...entries.values()] : mergeEntries(base.entries, entries);
      return publishPackage(store, staging, checkTree(merged, bounds), { staged, onProgress, signal });
    },
  };
}
