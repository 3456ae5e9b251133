import { open, readFile, rm } from 'node:fs/promises';
import { AppError } from '@cloudstage/protocol';

/** Handle of a held lock. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/** Start time of a process in clock ticks, so that a recycled process id is not mistaken for the owner; null when gone. */
async function processStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and parentheses; fields are counted from the last parenthesis (proc(5): starttime is 22).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

async function ownerOf(path: string): Promise<{ pid: number; start: string } | null> {
  try {
    const [pid, start] = (await readFile(path, 'utf8')).trim().split(' ');
    return pid === undefined || start === undefined ? null : { pid: Number(pid), start };
  } catch {
    return null;
  }
}

/**
 * Takes the lock file `path`, so that two processes never open one embedded database: it would be corrupted. A lock whose
 * owner died (also by kill −9) is taken over.
 * @throws AppError `database-in-use` naming the process that holds it.
 */
export async function lockDirectory(path: string): Promise<DirectoryLock> {
  const mine = `${process.pid} ${(await processStart(process.pid)) ?? '0'}\n`;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(mine);
      await file.close();
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    }
    const owner = await ownerOf(path);
    if (owner !== null && (await processStart(owner.pid)) === owner.start) {
      throw new AppError('database-in-use', `the database is open in process ${owner.pid}; stop it first (${path})`);
    }
    await rm(path, { force: true });
  }
  throw new AppError('database-in-use', `another process keeps taking ${path}; start one control plane only`);
}
