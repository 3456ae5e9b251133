import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { ingestBenchLimits } from './limits.js';
import type { IngestFormat } from './options.js';

const { fileBytes, blockBytes, randomBytes } = ingestBenchLimits;

/** Writes files of `bytes` in all, none like another; half of each is zeros. */
export async function writePackageFiles(directory: string, bytes: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  const block = Buffer.alloc(blockBytes);
  for (let at = 0, index = 0; at < bytes; at += fileBytes, index += 1) {
    const file = await open(join(directory, `asset-${index}.pak`), 'w');
    const size = Math.min(fileBytes, bytes - at);
    for (let written = 0; written < size; written += blockBytes) {
      randomFillSync(block, 0, randomBytes);
      await file.write(block, 0, Math.min(blockBytes, size - written));
    }
    await file.close();
  }
}

/** Fast settings: what is measured is the reading. */
const packOptions: Readonly<Record<IngestFormat, readonly string[]>> = {
  zip: ['--format', 'zip', '--options', 'zip:compression=deflate,zip:compression-level=1'],
  'tar.gz': ['--format', 'ustar', '--gzip', '--options', 'gzip:compression-level=1'],
  'tar.zst': ['--format', 'ustar', '--zstd', '--options', 'zstd:compression-level=1'],
  '7z': ['--format', '7zip', '--options', '7zip:compression=lzma1,7zip:compression-level=0'],
};

/** Packs a directory with bsdtar; returns the size of the archive. @throws AppError `bench-failed`. */
export async function packArchive(format: IngestFormat, directory: string, archivePath: string): Promise<number> {
  const args = [...packOptions[format], '-cf', archivePath, '-C', directory, '.'];
  const packer = spawn('bsdtar', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(packer, 'exit')) as [number | null];
  if (code !== 0) throw new AppError('bench-failed', `bsdtar ended with ${code}`);
  return (await stat(archivePath)).size;
}
