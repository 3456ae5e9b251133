import { open, stat } from 'node:fs/promises';
import { AppError } from '@cloudstage/protocol';
import { ingestTar } from './ingest-tar.js';
import { ingestZip } from './ingest-zip.js';
import { storageLimits } from './limits.js';
import type { ObjectStore } from './object-store.js';
import { createPackageWriter, type PackageWriter, type StoredPackage } from './package-writer.js';

/** Bounds that an installation may set. */
export interface IngestOptions {
  readonly maxEntries?: number;
  readonly maxTotalBytes?: number;
}

/**
 * Unpacks an archive (zip, tar, tar.gz; told by its first bytes, not by its name) into the store.
 * On failure what it wrote is removed. Calls run one after the other, so that removing never hits what another call uses.
 * @throws AppError `package-…` naming the rule that the archive breaks, `package-not-found`, `package-format-unsupported`.
 */
export type Ingest = (input: IngestInput) => Promise<StoredPackage>;

/** What {@link Ingest} is given. */
export interface IngestInput {
  readonly archivePath: string;
  /** SHA-256 of the manifest that an incremental update is laid over: what the archive does not replace is kept. */
  readonly base?: string;
  /** Called often with a fraction from 0 to 1 that only grows; must not throw. */
  readonly onProgress?: (fraction: number) => void;
  readonly signal?: AbortSignal;
}

type ArchiveFormat = 'zip' | 'tar' | 'tar.gz';

const unsupported: readonly { readonly magic: string; readonly name: string }[] = [
  { magic: '7z\xbc\xaf\x27\x1c', name: '7z' },
  { magic: 'Rar!\x1a\x07', name: 'rar' },
  { magic: '\xfd7zXZ\x00', name: 'xz' },
  { magic: '\x28\xb5\x2f\xfd', name: 'zstd' },
  { magic: 'BZh', name: 'bzip2' },
];

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new AppError('package-not-found', `cannot open the archive ${path}`, { cause });
  });
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Tells the format by magic bytes. Throws AppError `package-format-unsupported`. */
export function detectFormat(head: Buffer): ArchiveFormat {
  const text = head.toString('latin1');
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) return 'zip';
  if (text.startsWith('\x1f\x8b')) return 'tar.gz';
  if (text.slice(257, 262) === 'ustar') return 'tar';
  const known = unsupported.find(({ magic }) => text.startsWith(magic));
  throw new AppError(
    'package-format-unsupported',
    known === undefined
      ? 'the file is no archive that can be read; upload zip or tar.gz'
      : `${known.name} archives cannot be read; upload zip or tar.gz`,
  );
}

function unpack(format: ArchiveFormat, path: string, writer: PackageWriter): Promise<void> {
  return format === 'zip' ? ingestZip(path, writer) : ingestTar(path, writer, { gzip: format === 'tar.gz' });
}

/** Creates the ingest of one store. */
export function createIngest(store: ObjectStore, options: IngestOptions = {}): Ingest {
  const ingestOne: Ingest = async ({ archivePath }) => {
    const format = detectFormat(await readHead(archivePath));
    const writer = createPackageWriter(store, {
      maxEntries: options.maxEntries ?? storageLimits.maxEntries,
      maxTotalBytes: options.maxTotalBytes ?? storageLimits.maxTotalBytes,
      archiveBytes: (await stat(archivePath)).size,
    });
    try {
      await unpack(format, archivePath, writer);
      return await writer.finish();
    } catch (error) {
      await writer.discard();
      throw error;
    }
  };
  let queue: Promise<unknown> = Promise.resolve();
  return (input) => {
    const result = queue.then(() => ingestOne(input));
    queue = result.catch(() => undefined);
    return result;
  };
}
