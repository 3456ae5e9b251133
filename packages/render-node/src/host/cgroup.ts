import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import {
  type CgroupLimits,
  type CgroupMounts,
  cgroupControllers,
  limitFilesV1,
  limitFilesV2,
  parseCgroupMounts,
} from './cgroup-paths.js';
import { hostLimits } from './limits.js';

/** Version of the control groups in use; `none` when they are not writable. */
export type CgroupKind = 'v2' | 'v1' | 'none';

/** Groups of one slot: `host` holds display and sound (for accounting and clean-up), `program` has the limits. */
export interface SlotCgroup {
  /** Prefixes a command so that it is in the group before it starts. */
  join(leaf: 'host' | 'program', argv: readonly string[]): readonly string[];
  /** Sets the limits of `program`, for what runs in it and for what will. */
  setLimits(limits: CgroupLimits): Promise<void>;
  /** Kills whatever is in the group until it is empty. @throws AppError `deadline-exceeded`. */
  killAll(leaf: 'host' | 'program'): Promise<void>;
  /** Kills and removes both groups. */
  remove(): Promise<void>;
}

/** Makes {@link SlotCgroup}s below one group of the node. */
export interface CgroupDriver {
  readonly kind: CgroupKind;
  createSlot(name: string, limits: CgroupLimits): Promise<SlotCgroup>;
  /** Removes the node's group, which must be empty. */
  remove(): Promise<void>;
}

/** A shell of the agent's own, never of a program: writes itself into `n` files, then becomes the command. */
const joinScript =
  'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1" || exit 126; shift; n=$((n-1)); done; exec "$@"';

async function removeGroup(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function readMembers(path: string): Promise<readonly number[]> {
  const text = await readFile(join(path, 'cgroup.procs'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

async function killMembers(path: string): Promise<void> {
  const deadline = performance.now() + hostLimits.killMs;
  for (;;) {
    const members = await readMembers(path);
    if (members.length === 0) return;
    if (performance.now() > deadline) {
      throw new AppError('deadline-exceeded', `processes ${members.join(', ')} in ${path} do not end`);
    }
    for (const pid of members) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Ended in between.
      }
    }
    await delay(hostLimits.startPollMs);
  }
}

/** `dirs`: the slot's group in each hierarchy (one in version 2). */
function createSlotCgroup(dirs: readonly string[], setLimits: SlotCgroup['setLimits']): SlotCgroup {
  const leaves = (leaf: string) => dirs.map((dir) => join(dir, leaf));
  const killAll = async (leaf: string) => {
    for (const path of leaves(leaf)) await killMembers(path);
  };
  return {
    join: (leaf, argv) => {
      const files = leaves(leaf).map((path) => join(path, 'cgroup.procs'));
      return ['/bin/sh', '-c', joinScript, 'join-cgroup', String(files.length), ...files, ...argv];
    },
    setLimits,
    killAll,
    remove: async () => {
      await killAll('program');
      await killAll('host');
      for (const path of [...leaves('program'), ...leaves('host'), ...dirs]) await removeGroup(path);
    },
  };
}

async function writeLimits(dir: string, files: readonly [string, string][]): Promise<void> {
  for (const [name, value] of files) await writeFile(join(dir, name), value);
}

function createV1Driver(mounts: CgroupMounts['v1'], name: string): CgroupDriver {
  const bases = cgroupControllers.flatMap((controller) => {
    const mount = mounts[controller];
    return mount === undefined ? [] : [{ controller, dir: join(mount, name) }];
  });
  return {
    kind: 'v1',
    createSlot: async (slot, limits) => {
      for (const { dir } of bases) {
        await mkdir(join(dir, slot, 'host'), { recursive: true });
        await mkdir(join(dir, slot, 'program'), { recursive: true });
      }
      const setLimits = async (next: CgroupLimits) => {
        for (const { controller, dir } of bases) {
          await writeLimits(join(dir, slot, 'program'), limitFilesV1(next)[controller]);
        }
      };
      await setLimits(limits);
      return createSlotCgroup(
        bases.map(({ dir }) => join(dir, slot)),
        setLimits,
      );
    },
    remove: async () => {
      for (const { dir } of bases) await removeGroup(dir);
    },
  };
}

function createV2Driver(mount: string, name: string): CgroupDriver {
  const base = join(mount, name);
  const enable = (dir: string) =>
    writeFile(join(dir, 'cgroup.subtree_control'), cgroupControllers.map((controller) => `+${controller}`).join(' '));
  return {
    kind: 'v2',
    createSlot: async (slot, limits) => {
      const dir = join(base, slot);
      await mkdir(join(dir, 'host'), { recursive: true });
      await mkdir(join(dir, 'program'), { recursive: true });
      // Controllers are handed down one level at a time.
      for (const level of [mount, base, dir]) await enable(level);
      const setLimits = (next: CgroupLimits) => writeLimits(join(dir, 'program'), limitFilesV2(next));
      await setLimits(limits);
      return createSlotCgroup([dir], setLimits);
    },
    remove: () => removeGroup(base),
  };
}

/** The driver for machines without writable control groups: nothing is limited, nothing to clean. */
export function createNoCgroupDriver(): CgroupDriver {
  const slot: SlotCgroup = {
    join: (_leaf, argv) => argv,
    setLimits: async () => undefined,
    killAll: async () => undefined,
    remove: async () => undefined,
  };
  return { kind: 'none', createSlot: async () => slot, remove: async () => undefined };
}

/** Tries a driver on a scratch slot: mounted does not mean writable, nor that the controllers are there. */
async function probe(driver: CgroupDriver): Promise<boolean> {
  try {
    const slot = await driver.createSlot('probe', { cpuCores: 1, memoryBytes: 67_108_864, processes: 16 });
    await slot.remove();
    return true;
  } catch {
    return false;
  }
}

/** Parameters of {@link detectCgroupDriver}. */
export interface DetectCgroupOptions {
  /** Name of the node's group, e.g. `cloudstage-1a2b3c4d`. */
  readonly name: string;
  readonly mountinfoPath: string;
  readonly logger: Logger;
}

/** Chooses version 2 when it has the controllers, else version 1, else none (said once in the log). */
export async function detectCgroupDriver({ name, mountinfoPath, logger }: DetectCgroupOptions): Promise<CgroupDriver> {
  const mounts = parseCgroupMounts(await readFile(mountinfoPath, 'utf8').catch(() => ''));
  const candidates = [
    ...(mounts.v2 !== null && (await hasControllers(mounts.v2)) ? [createV2Driver(mounts.v2, name)] : []),
    ...(Object.keys(mounts.v1).length === cgroupControllers.length ? [createV1Driver(mounts.v1, name)] : []),
  ];
  for (const driver of candidates) if (await probe(driver)) return driver;
  logger.warn('control groups are not writable: programs run without CPU, memory and process limits');
  return createNoCgroupDriver();
}

async function hasControllers(mount: string): Promise<boolean> {
  const present = (await readFile(join(mount, 'cgroup.controllers'), 'utf8').catch(() => '')).trim().split(/\s+/);
  return cgroupControllers.every((controller) => present.includes(controller));
}

/** Slot groups that exist below the node's group, from whatever number of slots it had before. */
export async function listSlotGroups(mountinfoPath: string, name: string): Promise<readonly string[]> {
  const mounts = parseCgroupMounts(await readFile(mountinfoPath, 'utf8').catch(() => ''));
  const dirs = [mounts.v2, ...Object.values(mounts.v1)].filter((dir) => dir !== null);
  const found = new Set<string>();
  for (const dir of dirs) {
    for (const entry of await readdir(join(dir, name), { withFileTypes: true }).catch(() => [])) {
      if (entry.isDirectory()) found.add(entry.name);
    }
  }
  return [...found];
}
