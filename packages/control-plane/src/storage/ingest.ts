import { AppError, isAppError } from '@cloudstage/protocol';
import { type ArchiveFormat, detectFormat, readHead } from './archive-format.js';
import { createGate } from './concurrently.js';
import { ingestTar, ingestUnpacked } from './ingest-tar.js';
import { ingestZip } from './ingest-zip.js';
import { storageLimits } from './limits.js';
import type { ObjectStore } from './object-store.js';
import { holdBase, type StoredPackage } from './package-publish.js';
import { createPackageWriter, type PackageWriter } from './package-writer.js';
import { checkRarEntries } from './rar-entries.js';
import { createUnpacker, type Unpacker } from './unpacker.js';

/** Bounds that an installation may set. */
export interface IngestOptions {
  readonly maxEntries?: number;
  readonly maxTotalBytes?: number;
  /** Ingests at a time; more wait. */
  readonly maxParallelIngests?: number;
}

/** What {@link Ingest} is given. */
export interface IngestInput {
  readonly archivePath: string;
  /** SHA-256 of the manifest that an incremental update is laid over: what the archive does not replace is kept. */
  readonly base?: string;
  /** Called often with a fraction from 0 to 1 that only grows; must not throw. */
  readonly onProgress?: (fraction: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Unpacks an archive (zip, 7z, rar, tar and compressed tar; told by its first bytes, not by its name) into the store. The
 * package lies in a staging directory until it is checked; whatever fails, also a kill, leaves nothing behind but objects that the sweep
 * removes.
 * @throws AppError `package-…` naming the rule that the archive breaks, `package-not-found`, `package-format-unsupported`,
 * `package-base-unavailable`, `ingest-busy` when too many wait, `ingest-aborted`, `object-store-…`.
 */
export type Ingest = (input: IngestInput) => Promise<StoredPackage>;

/** Default of `maxParallelIngests`: one reads while the other writes. */
const defaultParallel = 2;
/** Share of unpacking in the progress; the rest is the way to the store. */
const unpackShare = 0.8;

interface Reading {
  readonly archivePath: string;
  readonly archiveBytes: number;
  readonly onProgress: (fraction: number) => void;
}

async function unpack(
  format: ArchiveFormat,
  reading: Reading,
  writer: PackageWriter,
  unpacker: Unpacker,
): Promise<void> {
  const { archivePath, onProgress } = reading;
  switch (format) {
    case 'zip':
      return ingestZip(archivePath, writer, onProgress);
    case 'tar':
    case 'tar.gz':
      return ingestTar(archivePath, writer, { ...reading, gzip: format === 'tar.gz' });
    default:
      await ingestUnpacked(await unpacker.start(format, archivePath, writer.signal), writer, onProgress);
      // Afterwards, because only now is it known that the archive is no bomb.
      await unpacker.check(format, archivePath, writer.signal);
  }
}

/** Lets only growth through. */
function growing(report: (fraction: number) => void): (fraction: number) => void {
  let highest = 0;
  return (fraction) => {
    if (fraction <= highest) return;
    highest = Math.min(1, fraction);
    report(highest);
  };
}

async function ingestOne(
  store: ObjectStore,
  unpacker: Unpacker,
  options: IngestOptions,
  input: IngestInput,
): Promise<StoredPackage> {
  const { archivePath, signal } = input;
  const { head, archiveBytes } = await readHead(archivePath);
  const format = detectFormat(head, archiveBytes);
  if (format === 'rar') await checkRarEntries(archivePath);
  const base = input.base === undefined ? null : await holdBase(store, input.base);
  const bounds = {
    maxEntries: options.maxEntries ?? storageLimits.maxEntries,
    maxTotalBytes: options.maxTotalBytes ?? storageLimits.maxTotalBytes,
    archiveBytes,
  };
  const report = growing(input.onProgress ?? (() => undefined));
  const staging = await store.stage();
  try {
    const writer = createPackageWriter(store, staging, bounds, signal);
    const onProgress = (fraction: number) => report(fraction * unpackShare);
    await unpack(format, { archivePath, archiveBytes, onProgress }, writer, unpacker);
    signal?.throwIfAborted();
    const stored = await writer.finish({
      base,
      onProgress: (fraction) => report(unpackShare + fraction * (1 - unpackShare)),
    });
    report(1);
    return stored;
  } finally {
    await staging.remove();
  }
}

/** Creates the ingest of one store. */
export function createIngest(store: ObjectStore, options: IngestOptions = {}): Ingest {
  const gate = createGate(options.maxParallelIngests ?? defaultParallel);
  const unpacker = createUnpacker();
  return async (input) => {
    if (gate.waiting >= storageLimits.maxWaitingIngests) {
      throw new AppError('ingest-busy', 'too many packages wait to be unpacked; try again later');
    }
    try {
      return await gate.run(async () => {
        input.signal?.throwIfAborted();
        return ingestOne(store, unpacker, options, input);
      });
    } catch (error) {
      if (input.signal?.aborted !== true || isAppError(error, 'ingest-aborted')) throw error;
      throw new AppError('ingest-aborted', 'the package was given up while it was unpacked', { cause: error });
    }
  };
}
