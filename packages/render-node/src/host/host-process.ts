import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, invariant } from '@cloudstage/protocol';
import { hostLimits } from './limits.js';
import { isProcessAlive, type ProcessIdentity, readProcessIdentity } from './process-identity.js';

/** How a process ended; both null when it was adopted and nobody could see. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A process of the node that outlives the agent: leader of its own session and process group. */
export interface HostProcess {
  readonly identity: ProcessIdentity;
  readonly exited: Promise<ProcessExit>;
  readonly alive: () => boolean;
  /** Kills the whole process group and waits for the leader's end. Idempotent. @throws AppError `deadline-exceeded`. */
  kill(): Promise<void>;
}

/** Start parameters of {@link spawnHostProcess}. */
export interface SpawnOptions {
  readonly name: string;
  /** Command and arguments; the command is found in `env.PATH`. */
  readonly argv: readonly string[];
  /** The complete environment: nothing of the agent's own is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard output and error are appended here. */
  readonly logPath: string;
  /** Descriptor 3 of the child: a pipe to read, or a file to write. */
  readonly fd3?: { readonly type: 'pipe' } | { readonly type: 'file'; readonly path: string };
  /** Descriptor 4 of the child: a file to read. Only with `fd3`. */
  readonly fd4Path?: string;
}

function processExit(exited: Promise<ProcessExit>, identity: ProcessIdentity, name: string): HostProcess {
  let over = false;
  void exited.then(() => {
    over = true;
  });
  const signalGroup = () => {
    try {
      process.kill(-identity.pid, 'SIGKILL');
    } catch {
      // The group is already empty.
    }
  };
  return {
    identity,
    exited,
    alive: () => !over && isProcessAlive(identity),
    kill: async () => {
      // The leader may be gone while its group lives on; the group id stays reserved as long as it has a member.
      const leader = readProcessIdentity(identity.pid);
      if (!leader || leader.startTimeTicks === identity.startTimeTicks) signalGroup();
      const timeout = new AbortController();
      const late = delay(hostLimits.killMs, 'late' as const, { signal: timeout.signal }).catch(
        () => 'cancelled' as const,
      );
      const outcome = await Promise.race([exited, late]);
      timeout.abort();
      if (outcome === 'late') {
        throw new AppError(
          'deadline-exceeded',
          `${name} (pid ${identity.pid}) did not end ${hostLimits.killMs} ms after SIGKILL`,
        );
      }
    },
  };
}

/**
 * Starts a process that survives the agent.
 * @returns the process, and the reading end of descriptor 3 when it is a pipe (the caller destroys it).
 * @throws AppError `process-start-failed`.
 */
export async function spawnHostProcess(
  options: SpawnOptions,
): Promise<{ readonly process: HostProcess; readonly pipe: Readable | null }> {
  const [command, ...args] = options.argv;
  const log = openSync(options.logPath, 'a', 0o600);
  const file = options.fd3?.type === 'file' ? openSync(options.fd3.path, 'w', 0o600) : null;
  const fd3 = options.fd3 ? [file ?? ('pipe' as const)] : [];
  let input: number | null = null;
  try {
    if (options.fd4Path !== undefined) input = openSync(options.fd4Path, 'r');
    const fd4 = input === null ? [] : [input];
    const child = spawn(command ?? '', args, {
      cwd: '/',
      detached: true,
      env: { ...options.env },
      stdio: ['ignore', log, log, ...fd3, ...fd4],
    });
    const exited = new Promise<ProcessExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.on('error', () => undefined);
    child.unref();
    const pid = child.pid;
    invariant(pid !== undefined && pid > 1, 'a started process has an id');
    // Gone already: any start time will do, because the pair then matches no live process.
    const identity = readProcessIdentity(pid) ?? { pid, startTimeTicks: 0 };
    return { process: processExit(exited, identity, options.name), pipe: (child.stdio[3] as Readable | null) ?? null };
  } catch (cause) {
    throw new AppError('process-start-failed', `${options.name} could not be started: ${command}`, { cause });
  } finally {
    closeSync(log);
    if (file !== null) closeSync(file);
    if (input !== null) closeSync(input);
  }
}

/** Takes over a process that an earlier agent started; null when it no longer lives. */
export function adoptHostProcess(name: string, identity: ProcessIdentity): HostProcess | null {
  if (!isProcessAlive(identity)) return null;
  const exited = new Promise<ProcessExit>((resolve) => {
    const timer = setInterval(() => {
      if (isProcessAlive(identity)) return;
      clearInterval(timer);
      resolve({ code: null, signal: null });
    }, hostLimits.adoptedPollMs);
    timer.unref();
  });
  return processExit(exited, identity, name);
}

/** Kills process groups by any member's pid; for leftovers that no record names. */
export function killStrays(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended in between.
    }
  }
}
