import { AppError, type LaunchSpec } from '@cloudstage/protocol';
import { sessionLimits } from '../host/cgroup-paths.js';
import type { Display } from '../host/display.js';
import type { ProcessIdentity } from '../host/process-identity.js';
import { adoptProgram, launchProgram, type Program, readExitCode } from '../host/program.js';
import { agentLimits } from './limits.js';
import type { PackageCache, PackageLease } from './package-cache.js';
import { checkEntryPoint, type PackageEntryPoint } from './package-entry.js';
import { hostEnvironment, type SlotEnvironment } from './slot-environment.js';

/** A program that can be started: its package is held in the cache and its entry is checked. */
export interface RunnableProgram {
  readonly lease: PackageLease;
  readonly entry: PackageEntryPoint;
}

/** Fetches the package when it is missing and checks the entry. @throws AppError `package-unavailable`, `entry-not-found`. */
export async function prepareProgram(packages: PackageCache, launch: LaunchSpec): Promise<RunnableProgram> {
  const lease = await packages.acquire(launch.package);
  try {
    return { lease, entry: await checkEntryPoint(lease.path, launch.entryPath) };
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** Parameters of {@link createSlotProgram}. */
export interface SlotProgramOptions {
  readonly slot: SlotEnvironment;
  /** @throws AppError `session-ending` when the slot has none any more. */
  readonly display: () => Display;
  readonly sessionId: string;
  readonly launch: LaunchSpec;
  readonly fps: number;
  /** Null after a restart of the agent when the package is gone from the cache: the program then cannot be restarted. */
  readonly runnable: RunnableProgram | null;
  /** Started or restarted: into the record with it. */
  readonly onStarted: (identity: ProcessIdentity) => void;
  /** It ended by itself; null: killed from outside. Not called for `stop` and `restart`. */
  readonly onEnded: (exitCode: number | null) => void;
}

/** Result of {@link SlotProgram.adopt}. */
export type ProgramAdoption = { readonly alive: true } | { readonly alive: false; readonly exitCode: number | null };

/** The program of a session. */
export interface SlotProgram {
  /** @throws AppError `package-unavailable`, `process-start-failed`. */
  launch(): Promise<void>;
  /** Takes over the program that an earlier agent started. */
  adopt(identity: ProcessIdentity): Promise<ProgramAdoption>;
  /** Kills it and starts it again on the same display. */
  restart(): Promise<void>;
  /** Kills it for good. Idempotent. @throws AppError `deadline-exceeded` when it cannot be killed. */
  stop(): Promise<void>;
}

/** How processes are followed by name. A name that would end the list of names, or that names nothing, is left out. */
function keeperOf(slot: SlotEnvironment, { processNames }: LaunchSpec) {
  const names = processNames.filter((name) => name !== '' && name !== '--').slice(0, agentLimits.processNames);
  if (names.length === 0 || slot.keeperPath === null) return null;
  return { path: slot.keeperPath, names, graceMs: agentLimits.processGraceMs };
}

/** Creates the program's keeper; nothing runs yet. */
export function createSlotProgram(options: SlotProgramOptions): SlotProgram {
  const { slot, runnable } = options;
  let current: Program | null = null;
  let stopped = false;

  function watch(program: Program): void {
    current = program;
    void program.exited.then((exitCode) => {
      // A program that was replaced or stopped says nothing about the session.
      if (current === program && !stopped) options.onEnded(exitCode);
    });
  }

  async function launch(): Promise<void> {
    if (!runnable) throw new AppError('package-unavailable', 'the package is no longer in the cache');
    const { homeBytes, temporaryBytes } = slot.config.limits;
    await slot.cgroup.setLimits(sessionLimits(slot.config.limits, options.launch.limits));
    const program = await launchProgram({
      title: `${options.sessionId} ${runnable.entry.entryPath}`,
      paths: slot.paths,
      user: slot.user,
      display: options.display(),
      policy: { network: 'none', homeBytes, temporaryBytes },
      packagePath: runnable.lease.path,
      hasLibraryDir: runnable.entry.hasLibraryDir,
      entryPath: runnable.entry.entryPath,
      args: options.launch.args,
      fps: options.fps,
      keeper: keeperOf(slot, options.launch),
      etcPath: slot.etcPath,
      framePacerPath: slot.framePacerPath,
      joinCgroup: (argv) => slot.cgroup.join('program', argv),
      env: hostEnvironment(slot),
    });
    if (stopped) return program.kill();
    options.onStarted(program.identity);
    watch(program);
  }

  return {
    launch,
    adopt: async (identity) => {
      const program = adoptProgram(slot.paths, identity);
      if (!program) return { alive: false, exitCode: await readExitCode(slot.paths) };
      watch(program);
      // The slot's group was made again with the node's own limits.
      await slot.cgroup.setLimits(sessionLimits(slot.config.limits, options.launch.limits));
      return { alive: true };
    },
    restart: async () => {
      const old = current;
      current = null;
      await old?.kill();
      if (!stopped) await launch();
    },
    stop: async () => {
      stopped = true;
      await current?.kill();
    },
  };
}
