import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { AppError } from '@cloudstage/protocol';
import { hostLimits } from './limits.js';
import { readProcessStat } from './process-identity.js';

/** Directory of X sockets; fixed by the X libraries. */
const socketDir = '/tmp/.X11-unix';

/** Socket of display `displayNumber`. */
export function displaySocketPath(displayNumber: number): string {
  return `${socketDir}/X${displayNumber}`;
}

function lockPath(displayNumber: number): string {
  return `/tmp/.X${displayNumber}-lock`;
}

/** Removes what a killed server or agent left: a lock whose owner is dead, and the socket with it. */
async function removeStaleLock(displayNumber: number): Promise<void> {
  const text = await readFile(lockPath(displayNumber), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (pid > 1 && !readProcessStat(pid)) await releaseDisplayNumber(displayNumber);
}

/**
 * Takes a free display number by creating its lock file. With `-displayfd` X servers make no lock themselves, and bind
 * over another server's socket, so the lock is ours to hold. @throws AppError `display-numbers-exhausted`.
 */
export async function claimDisplayNumber(pid: number): Promise<number> {
  // Not by mkdir's mode, which the umask cuts: X servers of slot users must be able to create their socket there.
  if ((await mkdir(socketDir, { recursive: true })) !== undefined) await chmod(socketDir, 0o1777);
  for (let number = hostLimits.firstDisplayNumber; number <= hostLimits.lastDisplayNumber; number++) {
    await removeStaleLock(number);
    if (existsSync(displaySocketPath(number))) continue;
    try {
      // X's own format: ten columns and a line feed, so that other servers recognise a stale one.
      await writeFile(lockPath(number), `${String(pid).padStart(10)}\n`, { flag: 'wx', mode: 0o444 });
      return number;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new AppError(
    'display-numbers-exhausted',
    `no free X display between :${hostLimits.firstDisplayNumber} and :${hostLimits.lastDisplayNumber}`,
  );
}

/** Names the X server in the lock, once it runs: it outlives the agent, and so must the claim. */
export async function assignDisplayNumber(displayNumber: number, pid: number): Promise<void> {
  // By rename: without its lock the number is free for a moment, and another slot takes it.
  const temporary = `${lockPath(displayNumber)}.${pid}`;
  await writeFile(temporary, `${String(pid).padStart(10)}\n`, { mode: 0o444 });
  await rename(temporary, lockPath(displayNumber));
}

/** Gives a number back, with what a killed server leaves. */
export async function releaseDisplayNumber(displayNumber: number): Promise<void> {
  await rm(displaySocketPath(displayNumber), { force: true });
  await rm(lockPath(displayNumber), { force: true });
}
