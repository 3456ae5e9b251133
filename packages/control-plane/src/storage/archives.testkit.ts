import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { crc32, createGzip, deflateRawSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

/** An entry of an archive made by hand, with whatever name and attributes the test wants. */
export interface RawZipEntry {
  readonly name: string | Buffer;
  readonly content?: Buffer | string;
  /** Unix mode with file type; absent: an archive made on Windows. */
  readonly mode?: number;
  readonly deflate?: boolean;
  readonly flags?: number;
  /** Uncompressed size that the headers claim. */
  readonly claimedBytes?: number;
}

const utf8Flag = 0x800;

function zipParts(entry: RawZipEntry, offset: number): { readonly local: Buffer; readonly central: Buffer } {
  const name = Buffer.isBuffer(entry.name) ? entry.name : Buffer.from(entry.name, 'utf8');
  const content = Buffer.from(entry.content ?? '');
  const stored = entry.deflate === true ? deflateRawSync(content) : content;
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(entry.flags ?? utf8Flag, 2);
  common.writeUInt16LE(entry.deflate === true ? 8 : 0, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(stored.length, 14);
  common.writeUInt32LE(entry.claimedBytes ?? content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, stored]);
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(entry.mode === undefined ? 20 : (3 << 8) | 20);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(((entry.mode ?? 0) << 16) >>> 0, 6);
  tail.writeUInt32LE(offset, 10);
  const central = Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), madeBy, common, tail, name]);
  return { local, central };
}

/** Bytes of a zip archive. @see APPNOTE.TXT 4.3 */
export function buildZip(entries: readonly RawZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = zipParts(entry, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** An entry of a tar archive. */
export type TarEntryInput = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

function packTar(entries: readonly TarEntryInput[]): NodeJS.ReadableStream {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? '');
  archive.finalize();
  return archive as unknown as NodeJS.ReadableStream;
}

/** Bytes of a tar archive. */
export async function tarBytes(entries: readonly TarEntryInput[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of packTar(entries)) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Writes a tar.gz archive. */
export async function writeTarGz(path: string, entries: readonly TarEntryInput[]): Promise<void> {
  await pipeline(packTar(entries), createGzip(), createWriteStream(path));
}
