import { open } from 'node:fs/promises';
import { AppError } from '@cloudstage/protocol';

/** Kinds of archives that are read, told by their first bytes and not by their names. */
export type ArchiveFormat = 'zip' | 'tar' | 'tar.gz' | 'tar.zst' | 'tar.xz' | 'tar.bz2' | '7z' | 'rar';

/** What every message about formats recommends. */
const readable = 'upload zip, 7z, rar, tar, tar.gz, tar.zst, tar.xz or tar.bz2';

const magics: readonly { readonly magic: string; readonly format: ArchiveFormat }[] = [
  { magic: 'PK\x03\x04', format: 'zip' },
  { magic: 'PK\x05\x06', format: 'zip' },
  { magic: '\x1f\x8b', format: 'tar.gz' },
  { magic: '\x28\xb5\x2f\xfd', format: 'tar.zst' },
  { magic: '\xfd7zXZ\x00', format: 'tar.xz' },
  { magic: 'BZh', format: 'tar.bz2' },
  { magic: '7z\xbc\xaf\x27\x1c', format: '7z' },
  { magic: 'Rar!\x1a\x07', format: 'rar' },
];

/** First volume of a zip archive in several files. @see APPNOTE.TXT 8.5.3 */
const splitZipMagic = 'PK\x07\x08';

function multiVolume(): never {
  throw new AppError('package-multi-volume', 'the archive is one of several volumes; upload it as one file');
}

/** Variable-length number of RAR 5: seven bits a byte, lowest first. Null behind the end. */
function readVint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let i = 0; i < 6; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) return { value, end: start + i + 1 };
  }
  return null;
}

function encrypted(): never {
  throw new AppError('package-encrypted', 'the archive is encrypted; upload an archive without password');
}

/** Main header of RAR 5: CRC, size, type, flags, size of extra area (flag 1), archive flags. */
function checkRar5(head: Buffer): void {
  const size = readVint(head, 12);
  const type = size && readVint(head, size.end);
  if (type === null) return;
  if (type.value === 4) encrypted();
  const flags = readVint(head, type.end);
  if (type.value !== 1 || flags === null) return;
  const extra = (flags.value & 1) === 0 ? flags : readVint(head, flags.end);
  const archiveFlags = extra && readVint(head, extra.end);
  if (archiveFlags !== null && (archiveFlags.value & 1) !== 0) multiVolume();
}

/** Main header of RAR 1.5 to 4: CRC (2), type 0x73, flags (2). */
function checkRar4(head: Buffer): void {
  if (head.length < 12 || head[9] !== 0x73) return;
  const flags = head.readUInt16LE(10);
  if ((flags & 0x0080) !== 0) encrypted();
  if ((flags & 0x0001) !== 0) multiVolume();
}

/** A 7z archive names its end: a volume, or what was cut off, is shorter. @see 7zFormat.txt, SignatureHeader */
function check7z(head: Buffer, archiveBytes: number): void {
  if (head.length < 32) return;
  const end = 32n + head.readBigUInt64LE(12) + head.readBigUInt64LE(20);
  if (end > BigInt(archiveBytes)) {
    throw new AppError(
      'package-archive-damaged',
      'the 7z archive is cut off, or the first of several volumes; upload it complete, as one file',
    );
  }
}

/**
 * Tells the format by magic bytes. PURE.
 * @param head first 512 bytes.
 * @throws AppError `package-format-unsupported`, and for what the first header alone tells: `package-multi-volume`,
 * `package-encrypted`, `package-archive-damaged`.
 */
export function detectFormat(head: Buffer, archiveBytes: number): ArchiveFormat {
  const text = head.toString('latin1');
  if (text.startsWith(splitZipMagic)) multiVolume();
  const format = magics.find(({ magic }) => text.startsWith(magic))?.format;
  if (format === 'rar') text[6] === '\x01' ? checkRar5(head) : checkRar4(head);
  if (format === '7z') check7z(head, archiveBytes);
  if (format !== undefined) return format;
  if (text.slice(257, 262) === 'ustar') return 'tar';
  throw new AppError('package-format-unsupported', `the file is no archive that can be read; ${readable}`);
}

/** Reads what {@link detectFormat} needs. Throws AppError `package-not-found`. */
export async function readHead(path: string): Promise<{ readonly head: Buffer; readonly archiveBytes: number }> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new AppError('package-not-found', `cannot open the archive ${path}`, { cause });
  });
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return { head: buffer.subarray(0, bytesRead), archiveBytes: (await file.stat()).size };
  } finally {
    await file.close();
  }
}
