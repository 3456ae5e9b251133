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

/**
 * Bytes of a zip64 archive whose central directory names the same `content` under as many names as wanted: how bombs that
 * overlap are made, and how a few bytes claim a million files. @see APPNOTE.TXT 4.3.14 and 4.3.15
 */
export function buildOverlappingZip(count: number, content: Buffer): Buffer {
  const { local, central } = zipParts({ name: 'xxxxx', content, deflate: true }, 0);
  const record = central.subarray(0, central.length - 5);
  const centrals = Array.from({ length: count }, (_, index) =>
    Buffer.concat([record, Buffer.from(index.toString(36).padStart(5, '0'))]),
  );
  const directory = Buffer.concat(centrals);
  const end64 = Buffer.alloc(56);
  end64.write('PK\x06\x06', 'latin1');
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(directory.length), 40);
  end64.writeBigUInt64LE(BigInt(local.length), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(local.length + directory.length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22, 0xff);
  end.write('PK\x05\x06', 'latin1');
  end.fill(0, 4, 8);
  end.writeUInt16LE(0, 20);
  return Buffer.concat([local, directory, end64, locator, end]);
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
