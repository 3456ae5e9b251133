import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { isProcessAlive, readProcessIdentity } from '../host/process-identity.js';
import { sandboxEtcFiles } from '../host/sandbox.js';
import { seccompFileName, seccompFilter } from '../host/seccomp.js';

/** A Unix socket path has at most 107 bytes; the longest below the run directory is `/slot-63/streamer.sock`. */
const maxRunDirChars = 80;

/** Short name of a node on its machine, for control groups: from its run directory, which no two nodes share. */
export function nodeGroupName(runDir: string): string {
  return `cloudstage-${createHash('sha256').update(runDir).digest('hex').slice(0, 8)}`;
}

/** As root, slots have users of their own, who must be able to pass through every directory above their files. */
async function checkReachable(runDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  for (let dir = dirname(runDir); ; dir = dirname(dir)) {
    if (((await stat(dir)).mode & 0o001) === 0) {
      throw new AppError(
        'run-dir-unreachable',
        `other users cannot pass through ${dir}: set another run directory or chmod o+x it`,
      );
    }
    if (dir === dirname(dir)) return;
  }
}

/**
 * Makes the run directory and takes it for this process. A lock of a dead agent is taken over.
 * @throws AppError `node-already-running`, `run-dir-too-long`, `run-dir-unreachable`.
 */
export async function claimRunDir(runDir: string): Promise<void> {
  if (Buffer.byteLength(runDir) > maxRunDirChars) {
    throw new AppError(
      'run-dir-too-long',
      `the run directory ${runDir} is longer than ${maxRunDirChars} bytes; set a shorter one`,
    );
  }
  await mkdir(dirname(runDir), { recursive: true, mode: 0o711 });
  await mkdir(runDir, { recursive: true, mode: 0o711 });
  await chmod(runDir, 0o711);
  await checkReachable(runDir);
  const lockPath = join(runDir, 'agent.json');
  const owner = await readFile(lockPath, 'utf8').then(
    (text) => JSON.parse(text) as { pid: number; startTimeTicks: number },
    () => null,
  );
  if (owner && owner.pid !== process.pid && isProcessAlive(owner)) {
    throw new AppError('node-already-running', `a render node (pid ${owner.pid}) already uses ${runDir}`);
  }
  const temporary = `${lockPath}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(readProcessIdentity(process.pid)), { mode: 0o600 });
  await rename(temporary, lockPath);
}

/** Writes the generated files of programs' /etc and their system call filter. @returns their directory. */
export async function writeSandboxEtc(runDir: string): Promise<string> {
  const dir = join(runDir, 'etc');
  await mkdir(dir, { recursive: true, mode: 0o755 });
  for (const [name, text] of Object.entries(sandboxEtcFiles)) await writeFile(join(dir, name), text, { mode: 0o644 });
  await writeFile(join(dir, seccompFileName), seccompFilter(), { mode: 0o644 });
  return dir;
}

/** Indexes of slots that have a directory, also those beyond the configured number. */
export async function listSlotDirectories(runDir: string): Promise<readonly number[]> {
  const names = await readdir(runDir);
  return names.flatMap((name) => {
    const match = /^slot-(\d+)$/.exec(name);
    return match ? [Number(match[1])] : [];
  });
}

/** Removes the run directory, and its parent when that is empty. */
export async function removeRunDir(runDir: string): Promise<void> {
  await rm(runDir, { recursive: true, force: true });
  // Only the directory that the default path made; it is not empty while another node runs.
  if (basename(dirname(runDir)).startsWith('cloudstage')) await rmdir(dirname(runDir)).catch(() => undefined);
}
