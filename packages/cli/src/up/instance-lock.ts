import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { limits } from '../limits.js';

/** Held while an instance uses a data directory. */
export interface InstanceLock {
  /** Idempotent. */
  release(): void;
}

/**
 * Makes this process the only one that uses `dataDir`. A lock whose process is gone, also one whose number another
 * process has got since, is taken over.
 * @throws AppError `already-running`
 */
export function acquireInstanceLock(dataDir: string): InstanceLock {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'cloudstage.lock');
  const mine = `${process.pid} ${startTimeOf(process.pid) ?? 0}\n`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < limits.lockAttempts; attempt++) {
      if (tryLink(draft, path)) return { release: () => releaseLock(path, mine) };
      takeAwayIfStale(path, dataDir);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new AppError('already-running', `Other processes are starting on ${dataDir} at this moment. Try again.`);
}

/** Linking a complete file is atomic: nobody ever reads a half-written lock. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw new AppError('data-dir-unusable', `${path}: ${String(error)}`, { cause: error });
  }
}

function takeAwayIfStale(path: string, dataDir: string): void {
  const found = readLock(path);
  if (found === null) return;
  const pid = ownerOf(found);
  if (pid !== null) {
    throw new AppError(
      'already-running',
      `Cloudstage is already running on ${dataDir} (process ${pid}). End it first, or set CLOUDSTAGE_DATA_DIR and other ports for a second one.`,
    );
  }
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  // Somebody may have replaced the stale lock between the look and the rename: then it goes back.
  if (readLock(aside) !== found) tryLink(aside, path);
  unlinkSync(aside);
}

function releaseLock(path: string, mine: string): void {
  if (readLock(path) === mine) rmSync(path, { force: true });
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Process number in a lock whose process still lives; null when stale or garbled. */
function ownerOf(content: string): number | null {
  const [pid, startTime] = content.trim().split(' ').map(Number);
  if (pid === undefined || !Number.isInteger(pid) || pid <= 0) return null;
  return startTimeOf(pid) === startTime ? pid : null;
}

/** Start of a process in clock ticks since boot: with its number it names one process for ever. Null when it is gone. */
function startTimeOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name, in parentheses, and may hold anything; the start is field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : Number(fields[19]);
  } catch {
    return null;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
