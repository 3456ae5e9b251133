import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError, isAppError } from '@cloudstage/protocol';
import { extract as createExtract, type Extract } from 'tar-stream';
import type { PackageWriter } from './package-writer.js';
import type { Unpacking } from './unpacker.js';

/** One entry while the archive is read: header and bytes. */
type TarEntry = Extract extends AsyncIterable<infer Entry> ? Entry : never;

/** A tar stream and how far its archive has been read. */
interface TarSource {
  readonly stream: Readable;
  position(): number;
}

async function addEntry(entry: TarEntry, writer: PackageWriter, report: () => void): Promise<void> {
  const { name, type, mode, linkname } = entry.header;
  async function* content() {
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      report();
      yield chunk;
    }
  }
  switch (type) {
    case 'file':
    case 'contiguous-file':
      await writer.addFile(name, content(), { executable: (mode & 0o111) !== 0 });
      return;
    case 'directory':
      writer.addDirectory(name);
      break;
    case 'symlink':
      writer.addSymlink(name, linkname);
      break;
    case 'link':
      writer.addHardLink(name, linkname);
      break;
    default:
      throw new AppError('package-entry-special', `${name} is a device, pipe or socket (${String(type)})`);
  }
  entry.resume();
}

/** Reads entries until the end, or until one breaks a rule. Bytes flow; only names are held. */
async function readEntries(
  source: TarSource,
  transforms: readonly NodeJS.ReadWriteStream[],
  writer: PackageWriter,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const extract = createExtract();
  const report = () => onProgress(source.position());
  // Failures of any stream reach the loop below as an error of `extract`.
  pipeline([source.stream, ...transforms, extract], () => undefined);
  try {
    for await (const entry of extract) {
      report();
      await addEntry(entry, writer, report);
    }
  } catch (cause) {
    if (isAppError(cause) || writer.signal?.aborted === true) throw cause;
    const why = cause instanceof Error ? cause.message : 'unknown';
    throw new AppError('package-archive-damaged', `the tar archive is damaged: ${why}`, { cause });
  } finally {
    extract.destroy();
    source.stream.destroy();
  }
}

/** Reads a tar archive, compressed by gzip or not, into a writer. */
export async function ingestTar(
  path: string,
  writer: PackageWriter,
  options: { readonly gzip: boolean; readonly archiveBytes: number; readonly onProgress: (fraction: number) => void },
): Promise<void> {
  const stream = createReadStream(path);
  const position = () => (options.archiveBytes === 0 ? 1 : stream.bytesRead / options.archiveBytes);
  await readEntries({ stream, position }, options.gzip ? [createGunzip()] : [], writer, options.onProgress);
}

/** Reads the tar stream of an unpacker into a writer, and ends the unpacker. */
export async function ingestUnpacked(
  unpacking: Unpacking,
  writer: PackageWriter,
  onProgress: (fraction: number) => void,
): Promise<void> {
  try {
    await readEntries(unpacking, [], writer, onProgress);
    await unpacking.verify();
  } catch (error) {
    // The tool knows better why its stream ended early.
    if (isAppError(error, 'package-archive-damaged')) await unpacking.verify();
    throw error;
  } finally {
    await unpacking.close();
  }
}
