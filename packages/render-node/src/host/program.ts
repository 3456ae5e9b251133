import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Display } from './display.js';
import { adoptHostProcess, type HostProcess, spawnHostProcess } from './host-process.js';
import { hostLimits } from './limits.js';
import type { ProcessIdentity } from './process-identity.js';
import { readProcessIdentity } from './process-identity.js';
import { programStage } from './program-stage.js';
import { packageStageArguments, type SandboxPolicy, type SandboxSpec, sandboxArguments } from './sandbox.js';
import { seccompFileName } from './seccomp.js';
import type { SlotPaths } from './slot-paths.js';
import { asSlotUser, inIpcNamespaceOf, type SlotUser } from './slot-user.js';

/** A sandboxed program; it ends with its main process, whatever that left behind is killed. */
export interface Program {
  readonly identity: ProcessIdentity;
  /** Resolves with the exit code (128 + signal number for a signal), or null when it was killed from outside. */
  readonly exited: Promise<number | null>;
  readonly alive: () => boolean;
  /** Kills the program with everything it started, and waits. Idempotent. @throws AppError `deadline-exceeded`. */
  kill(): Promise<void>;
}

/** Parameters of {@link launchProgram}. */
export interface ProgramOptions {
  /** Names the run in the program's log. */
  readonly title: string;
  readonly paths: SlotPaths;
  readonly user: SlotUser;
  readonly display: Display;
  readonly policy: SandboxPolicy;
  readonly packagePath: string;
  readonly hasLibraryDir: boolean;
  readonly entryPath: string;
  readonly args: readonly string[];
  readonly fps: number;
  readonly keeper: SandboxSpec['keeper'];
  readonly etcPath: string;
  readonly framePacerPath: string | null;
  readonly joinCgroup: (argv: readonly string[]) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What bubblewrap's `--json-status-fd` file says so far: JSON objects, one a line. */
export function parseProgramStatus(text: string): {
  readonly childPid: number | null;
  readonly exitCode: number | null;
} {
  let childPid: number | null = null;
  let exitCode: number | null = null;
  for (const line of text.split('\n')) {
    try {
      const value = JSON.parse(line) as Record<string, unknown>;
      if (typeof value['child-pid'] === 'number') childPid = value['child-pid'];
      if (typeof value['exit-code'] === 'number') exitCode = value['exit-code'];
    } catch {
      // An empty or half-written line.
    }
  }
  return { childPid, exitCode };
}

async function readProgramStatus(paths: SlotPaths) {
  return parseProgramStatus(await readFile(paths.programStatusPath, 'utf8').catch(() => ''));
}

/** The first process of the sandbox must be gone too: the kernel ends everything in its pid namespace with it. */
async function awaitEnd(childPid: number | null): Promise<void> {
  if (childPid === null) return;
  const child = readProcessIdentity(childPid);
  const deadline = performance.now() + hostLimits.killMs;
  while (child && readProcessIdentity(childPid)?.startTimeTicks === child.startTimeTicks) {
    if (performance.now() > deadline) return;
    await delay(hostLimits.startPollMs);
  }
}

function openProgram(process: HostProcess, paths: SlotPaths): Program {
  return {
    identity: process.identity,
    exited: process.exited.then(async () => (await readProgramStatus(paths)).exitCode),
    alive: process.alive,
    kill: async () => {
      const { childPid } = await readProgramStatus(paths);
      await process.kill();
      await awaitEnd(childPid);
    },
  };
}

/** Descriptors on which bubblewrap reports and reads its filter; the only ones above the standard ones that the chain inherits. */
const statusFd = 3;
const seccompFd = 4;

/**
 * Starts a program in its sandbox, on `display`. The chain of commands: enter the cgroup, bound the output, enter the X
 * server's IPC namespace, make the package visible, become the slot's user, then bubblewrap. Nothing in it dies with the agent.
 * @throws AppError `process-start-failed`.
 */
export async function launchProgram(options: ProgramOptions): Promise<Program> {
  const { paths, user, display } = options;
  const sandbox = sandboxArguments({
    policy: options.policy,
    packagePath: paths.appMountPath,
    hasLibraryDir: options.hasLibraryDir,
    entryPath: options.entryPath,
    args: options.args,
    displayNumber: display.record.displayNumber,
    xSocketPath: display.socketPath,
    xAuthorityPath: paths.xAuthorityPath,
    soundSocketPath: paths.soundSocketPath,
    etcPath: options.etcPath,
    framePacerPath: options.framePacerPath,
    fps: options.fps,
    keeper: options.keeper,
    statusFd,
    seccompFd,
  });
  const stage = ['bwrap', ...packageStageArguments(options.packagePath, paths.appMountPath)];
  const inner = asSlotUser(user, ['bwrap', ...sandbox]);
  const chain = inIpcNamespaceOf(user, display.process.identity.pid, [...stage, ...inner]);
  const logPath = join(paths.logDir, 'program.log');
  // There from the start, for whoever follows it.
  await appendFile(logPath, '', { mode: 0o600 });
  const { process } = await spawnHostProcess({
    name: 'program',
    argv: options.joinCgroup(programStage({ logPath, lastFd: seccompFd, title: options.title }, chain)),
    env: options.env,
    logPath: join(paths.logDir, 'start.log'),
    fd3: { type: 'file', path: paths.programStatusPath },
    fd4Path: join(options.etcPath, seccompFileName),
  });
  return openProgram(process, paths);
}

/** Takes over a program after a restart of the agent; null when it ended meanwhile (see {@link readExitCode}). */
export function adoptProgram(paths: SlotPaths, identity: ProcessIdentity): Program | null {
  const process = adoptHostProcess('program', identity);
  return process ? openProgram(process, paths) : null;
}

/** Exit code of the slot's last program, or null when it was killed. */
export async function readExitCode(paths: SlotPaths): Promise<number | null> {
  return (await readProgramStatus(paths)).exitCode;
}
