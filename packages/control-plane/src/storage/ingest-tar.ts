import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError, isAppError } from '@cloudstage/protocol';
import { extract as createExtract, type Extract } from 'tar-stream';
import type { PackageWriter } from './package-writer.js';

/** One entry while the archive is read: header and bytes. */
type TarEntry = Extract extends AsyncIterable<infer Entry> ? Entry : never;

async function addEntry(entry: TarEntry, writer: PackageWriter): Promise<void> {
  const { name, type, mode, linkname } = entry.header;
  switch (type) {
    case 'file':
    case 'contiguous-file':
      await writer.addFile(name, entry as AsyncIterable<Uint8Array>, { executable: (mode & 0o111) !== 0 });
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

/** Reads a tar archive, compressed by gzip or not, into a writer. Bytes flow; only names are held. */
export async function ingestTar(
  path: string,
  writer: PackageWriter,
  options: { readonly gzip: boolean },
): Promise<void> {
  const extract = createExtract();
  const file = createReadStream(path);
  // Failures of either stream reach the loop below as an error of `extract`.
  const ignore = () => undefined;
  if (options.gzip) pipeline(file, createGunzip(), extract, ignore);
  else pipeline(file, extract, ignore);
  try {
    for await (const entry of extract) await addEntry(entry, writer);
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : 'unknown';
    throw new AppError('package-archive-damaged', `the tar archive is damaged: ${why}`, { cause });
  } finally {
    extract.destroy();
    file.destroy();
  }
}
