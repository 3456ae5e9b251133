import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { storageLimits } from './limits.js';
import type { StagingDirectory } from './object-store.js';

/** Where staging directories are made. */
export interface StagingArea {
  create(): Promise<StagingDirectory>;
  /** Removes what processes that are no more have left: at once on this machine, after a day on others. */
  sweep(now: number): Promise<void>;
}

/** Start time of a process in clock ticks, so that a recycled process id is not mistaken for the owner; null when gone. */
async function processStart(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and parentheses; fields are counted from the last parenthesis (proc(5): starttime is 22).
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

const namePattern = /^(?<host>.*)\.(?<pid>\d+)\.(?<start>\d+)\.[0-9a-f-]{36}$/;

async function isAbandoned(root: string, name: string, now: number): Promise<boolean> {
  const owner = namePattern.exec(name)?.groups;
  if (owner === undefined) return true;
  if (owner.host === hostname()) return (await processStart(Number(owner.pid))) !== owner.start;
  try {
    return now - (await stat(join(root, name))).mtimeMs > storageLimits.foreignStagingMs;
  } catch {
    // Another machine has just removed it.
    return false;
  }
}

/**
 * Opens a staging area (mode 0700). Its directories carry machine, process and start time of their owner, so that what a
 * killed process has left is told from what another one is writing.
 */
export async function openStagingArea(root: string): Promise<StagingArea> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const owner = `${hostname()}.${process.pid}.${(await processStart(process.pid)) ?? '0'}`;
  const area: StagingArea = {
    create: async () => {
      const path = join(root, `${owner}.${randomUUID()}`);
      await mkdir(path, { mode: 0o700 });
      return { path, remove: () => rm(path, { recursive: true, force: true }) };
    },
    sweep: async (now) => {
      for (const name of await readdir(root)) {
        if (await isAbandoned(root, name, now)) await rm(join(root, name), { recursive: true, force: true });
      }
    },
  };
  return area;
}

/** Content that lies in a staging directory under its hash. */
export interface StagedContent {
  /** Hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** First bytes, at most `storageLimits.headBytes`: enough to tell a program from data. */
  readonly head: Buffer;
  readonly path: string;
}

/**
 * Writes content of unknown hash into a staging directory, in constant memory.
 * @throws AppError `object-too-large` when it is longer than `maxBytes`; nothing is left then. The reason of `signal`.
 */
export async function stageContent(
  directory: StagingDirectory,
  content: AsyncIterable<Uint8Array>,
  options: { readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<StagedContent> {
  const temporary = join(directory.path, randomUUID());
  const file = await open(temporary, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let head: Buffer = Buffer.alloc(0);
    for await (const chunk of content) {
      options.signal?.throwIfAborted();
      sizeBytes += chunk.length;
      if (sizeBytes > options.maxBytes) {
        throw new AppError('object-too-large', `an object is longer than ${options.maxBytes} bytes`);
      }
      if (head.length < storageLimits.headBytes) {
        head = Buffer.concat([head, chunk.subarray(0, storageLimits.headBytes - head.length)]);
      }
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    const sha256 = hash.digest('hex');
    // Spread, because one directory of a million names is slow on some file systems.
    const path = join(directory.path, sha256.slice(0, 2), sha256);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rename(temporary, path);
    return { sha256, sizeBytes, head, path };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
