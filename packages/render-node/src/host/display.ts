import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { assignDisplayNumber, claimDisplayNumber, displaySocketPath, releaseDisplayNumber } from './display-number.js';
import { adoptHostProcess, type HostProcess, spawnHostProcess } from './host-process.js';
import { hostLimits } from './limits.js';
import type { ProcessIdentity } from './process-identity.js';
import type { SlotPaths } from './slot-paths.js';
import { asSlotUser, inNewNamespaces, type SlotUser } from './slot-user.js';
import { encodeXAuthority } from './xauthority.js';

/** X servers that a slot can have. */
export type DisplayDriverName = 'xorg-dummy' | 'xvfb';

/** What a driver must do: write its files and say how the server is started. */
export interface DisplayDriver {
  readonly name: DisplayDriverName;
  /** Null when the server is installed; otherwise what to install. */
  readonly missing: () => string | null;
  /** Writes configuration into `dir` (the slot user's) and returns the command without the common options. */
  readonly prepare: (dir: string, size: DisplaySize) => Promise<readonly string[]>;
}

/** Largest mode a session may set, in pixels. */
export interface DisplaySize {
  readonly maxWidth: number;
  readonly maxHeight: number;
}

/** What a record keeps of a display. */
export interface DisplayRecord {
  readonly driver: DisplayDriverName;
  readonly displayNumber: number;
  readonly process: ProcessIdentity;
}

/** A running X server of one slot: one per session, so that nothing of a session outlives it. */
export interface Display {
  readonly record: DisplayRecord;
  /** `DISPLAY` value, e.g. `:101`. */
  readonly name: string;
  readonly socketPath: string;
  readonly process: HostProcess;
  /** Kills the server and gives the display number back. Idempotent. */
  close(): Promise<void>;
}

/** Dependencies and parameters of {@link startDisplay}. */
export interface DisplayOptions {
  readonly paths: SlotPaths;
  readonly user: SlotUser;
  readonly size: DisplaySize;
  readonly logger: Logger;
  /** Tried in this order. */
  readonly drivers: readonly DisplayDriver[];
  /** Prefix that puts a process into the slot's cgroup. */
  readonly joinCgroup: (argv: readonly string[]) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function openDisplay(process: HostProcess, record: DisplayRecord): Display {
  return {
    record,
    name: `:${record.displayNumber}`,
    socketPath: displaySocketPath(record.displayNumber),
    process,
    close: async () => {
      await process.kill();
      await releaseDisplayNumber(record.displayNumber);
    },
  };
}

/** Resolves when the server has written its number to `-displayfd`: it then accepts connections. */
async function awaitDisplayFd(pipe: Readable, process: HostProcess, driver: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      new Promise<void>((resolve) => {
        // The number and its line feed are two writes; closing in between kills the server.
        pipe.on('data', (chunk: Buffer) => {
          if (chunk.includes('\n')) resolve();
        });
      }),
      process.exited.then(({ code, signal }) => {
        throw new AppError(
          'display-start-failed',
          `${driver} ended during its start with ${code ?? signal}; see x.log`,
        );
      }),
      new Promise<void>((_, reject) => {
        timer = setTimeout(
          () =>
            reject(new AppError('deadline-exceeded', `${driver} was not ready after ${hostLimits.displayStartMs} ms`)),
          hostLimits.displayStartMs,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
    pipe.destroy();
  }
}

async function startWith(driver: DisplayDriver, options: DisplayOptions): Promise<Display> {
  const { paths, user } = options;
  const command = await driver.prepare(paths.xDir, options.size);
  const displayNumber = await claimDisplayNumber(globalThis.process.pid);
  let server: HostProcess | undefined;
  try {
    await writeFile(paths.xAuthorityPath, encodeXAuthority(displayNumber, randomBytes(16)), { mode: 0o600 });
    if (user) await chown(paths.xAuthorityPath, user.uid, user.gid);
    const argv = [
      ...command,
      `:${displayNumber}`,
      ...['-auth', paths.xAuthorityPath, '-displayfd', '3', '-noreset', '-background', 'none'],
      ...['-nolisten', 'tcp', '-nolisten', 'local'],
    ];
    const spawned = await spawnHostProcess({
      name: driver.name,
      argv: options.joinCgroup(inNewNamespaces(user, asSlotUser(user, argv))),
      env: { ...options.env, HOME: paths.xDir },
      logPath: join(paths.logDir, 'x.log'),
      fd3: { type: 'pipe' },
    });
    server = spawned.process;
    await assignDisplayNumber(displayNumber, server.identity.pid);
    if (spawned.pipe) await awaitDisplayFd(spawned.pipe, server, driver.name);
    return openDisplay(server, { driver: driver.name, displayNumber, process: server.identity });
  } catch (error) {
    await server?.kill();
    await releaseDisplayNumber(displayNumber);
    throw error;
  }
}

/**
 * Starts the first driver that works. The server runs as the slot's user in its own IPC and network namespaces, accepts only
 * holders of the cookie in `paths.xAuthorityPath`, and never resets.
 * @throws AppError `display-start-failed` when no driver works.
 */
export async function startDisplay(options: DisplayOptions): Promise<Display> {
  const failures: string[] = [];
  for (const driver of options.drivers) {
    const missing = driver.missing();
    if (missing !== null) {
      failures.push(missing);
      continue;
    }
    try {
      return await startWith(driver, options);
    } catch (error) {
      options.logger.warn({ err: error, driver: driver.name }, 'display driver does not work here, trying the next');
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new AppError('display-start-failed', `no display driver works: ${failures.join('; ')}`);
}

/** Takes over a display after a restart of the agent; null when its server is gone. */
export function adoptDisplay(record: DisplayRecord): Display | null {
  const process = adoptHostProcess(record.driver, record.process);
  return process ? openDisplay(process, record) : null;
}
