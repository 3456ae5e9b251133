import { isUtf8 } from 'node:buffer';
import { AppError } from '@cloudstage/protocol';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { storageLimits } from './limits.js';
import type { PackageWriter } from './package-writer.js';

/** Bit 0 of the general purpose flags. @see APPNOTE.TXT 4.4.4 */
const encryptedFlag = 0x1;
/** Bit 11: the name is UTF-8. */
const utf8Flag = 0x800;
/** "Version made by" of archives whose external attributes hold a Unix mode. @see APPNOTE.TXT 4.4.2 */
const unixHost = 3;
const fileTypeMask = 0o170000;
const fileTypes = { none: 0, regular: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;

function namedError(cause: Error): AppError {
  if (/multi-disk/.test(cause.message)) {
    return new AppError('package-multi-volume', 'the archive is one of several volumes; upload it as one file', {
      cause,
    });
  }
  return new AppError('package-archive-damaged', `the zip archive is damaged: ${cause.message}`, { cause });
}

function openZip(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    // Names stay bytes here: the library's own check has one error for everything, ours names the rule.
    yauzl.open(path, { lazyEntries: true, decodeStrings: false, autoClose: false }, (error, zip) => {
      if (error === null) resolve(zip);
      else reject(namedError(error));
    });
  });
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const done = () => {
      zip.off('entry', onEntry);
      zip.off('end', onEnd);
      zip.off('error', onError);
    };
    const onEntry = (entry: Entry) => {
      done();
      resolve(entry);
    };
    const onEnd = () => {
      done();
      resolve(null);
    };
    const onError = (error: Error) => {
      done();
      reject(namedError(error));
    };
    zip.on('entry', onEntry);
    zip.on('end', onEnd);
    zip.on('error', onError);
    zip.readEntry();
  });
}

/**
 * Many tools write names in UTF-8 without saying so, among them Info-ZIP's `zip`; what is valid UTF-8 beyond ASCII is hardly ever
 * meant as code page 437, which the format prescribes without the flag.
 */
function nameOf(entry: Entry): string {
  // With `decodeStrings: false` the library hands out bytes although its types say text.
  const raw = entry.fileName as unknown as Buffer;
  const flags = entry.generalPurposeBitFlag | (isUtf8(raw) ? utf8Flag : 0);
  return yauzl.getFileNameLowLevel(flags, raw, entry.extraFields ?? [], true);
}

async function* contentOf(zip: ZipFile, entry: Entry): AsyncIterable<Uint8Array> {
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error === null ? resolve(opened) : reject(error)));
  }).catch((cause: unknown) => {
    throw new AppError('package-archive-damaged', 'an entry of the zip archive cannot be read', { cause });
  });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw new AppError('package-archive-damaged', 'an entry of the zip archive is damaged', { cause });
  }
}

async function readLink(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > storageLimits.maxLinkBytes) throw new AppError('package-link-invalid', 'a link target is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function addEntry(zip: ZipFile, entry: Entry, writer: PackageWriter): Promise<void> {
  const name = nameOf(entry);
  if ((entry.generalPurposeBitFlag & encryptedFlag) !== 0) {
    throw new AppError('package-encrypted', `${name} is encrypted; upload an archive without password`);
  }
  const hasMode = entry.versionMadeBy >> 8 === unixHost;
  const mode = hasMode ? entry.externalFileAttributes >>> 16 : 0;
  const type = mode & fileTypeMask;
  if (type === fileTypes.symlink) return writer.addSymlink(name, await readLink(contentOf(zip, entry)));
  if (type === fileTypes.directory || name.endsWith('/')) return writer.addDirectory(name);
  if (type !== fileTypes.regular && type !== fileTypes.none) {
    throw new AppError('package-entry-special', `${name} is a device, pipe or socket`);
  }
  await writer.addFile(name, contentOf(zip, entry), { executable: mode === 0 ? null : (mode & 0o111) !== 0 });
}

/** Reads a zip archive into a writer, one entry after the other. Bytes flow; only names are held. */
export async function ingestZip(
  path: string,
  writer: PackageWriter,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const zip = await openZip(path);
  let packedBytes = 0;
  try {
    writer.expectEntries(zip.entryCount);
    for (let entry = await nextEntry(zip); entry !== null; entry = await nextEntry(zip)) {
      writer.signal?.throwIfAborted();
      await addEntry(zip, entry, writer);
      packedBytes += entry.compressedSize;
      onProgress(Math.min(1, packedBytes / zip.fileSize));
    }
  } finally {
    zip.close();
  }
}
