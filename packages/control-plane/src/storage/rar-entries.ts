import { open } from 'node:fs/promises';
import { AppError } from '@cloudstage/protocol';
import { storageLimits } from './limits.js';

/** Block types and flags of RAR 1.5 to 4. @see technote.txt of unrar */
const fileBlock = 0x74;
const encryptedFlag = 0x0004;
const longBlockFlag = 0x8000;

/**
 * Looks through the first headers of a RAR 4 archive for encrypted files, which the unpacker would only find to be damaged.
 * Other versions and broken headers are left to it.
 * @throws AppError `package-encrypted`.
 */
export async function checkRarEntries(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(11);
    await file.read(header, 0, 7, 0);
    if (header.toString('latin1', 0, 7) !== 'Rar!\x1a\x07\x00') return;
    let position = 7;
    for (let count = 0; count < storageLimits.rarHeaders; count += 1) {
      const { bytesRead } = await file.read(header, 0, 11, position);
      if (bytesRead < 7) return;
      const flags = header.readUInt16LE(3);
      const headerBytes = header.readUInt16LE(5);
      if (headerBytes < 7) return;
      if (header[2] === fileBlock && (flags & encryptedFlag) !== 0) {
        throw new AppError('package-encrypted', 'the archive has encrypted files; upload an archive without password');
      }
      const dataBytes = (flags & longBlockFlag) !== 0 && bytesRead === 11 ? header.readUInt32LE(7) : 0;
      position += headerBytes + dataBytes;
    }
  } finally {
    await file.close();
  }
}
