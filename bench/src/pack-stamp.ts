import { createWriteStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ZipFile } from 'yazl';

/** How the stamp package is to be registered. */
export const stampPackage = {
  /** The sandbox starts programs, not scripts: the entry is a copy of this Node. */
  entryPath: 'node',
  /** First argument; options such as `--fps 60` may follow, e.g. as parameters of a session. */
  args: 'stamp.cjs',
} as const;

const executable = 0o100755;

/**
 * Writes the stamp program as an ordinary package: a zip with this process's own `node` binary and the bundled script.
 * ≈ 100 MB, uncompressed so that it costs little time.
 * @param archivePath file to (over)write.
 */
export async function packStamp(archivePath: string): Promise<void> {
  const compiled = fileURLToPath(new URL('./stamp/main.js', import.meta.url));
  const source = fileURLToPath(new URL('./stamp/main.ts', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [existsSync(compiled) ? compiled : source],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    write: false,
    logLevel: 'error',
  });
  const zip = new ZipFile();
  zip.addFile(process.execPath, stampPackage.entryPath, { compress: false, mode: executable });
  for (const file of outputFiles) zip.addBuffer(Buffer.from(file.contents), stampPackage.args, { compress: false });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(archivePath));
}
