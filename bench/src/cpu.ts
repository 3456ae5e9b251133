import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Processor time of the whole product, taken from /proc. */

interface Process {
  readonly pid: number;
  readonly parentPid: number;
  /** User and system time, own and of children that were waited for, in clock ticks. */
  readonly ticks: number;
  readonly command: string;
  readonly text: string;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Gone in the meantime, or not ours to read.
    return '';
  }
}

/**
 * PURE: parses `/proc/<pid>/stat`. Counting reaped children keeps the sum of a tree complete when a process ends.
 * @see proc(5): fields 4 ppid, 14 utime, 15 stime, 16 cutime, 17 cstime
 */
export function parseStat(stat: string): { readonly parentPid: number; readonly ticks: number } | null {
  const close = stat.lastIndexOf(')');
  if (close < 0) return null;
  const fields = stat
    .slice(close + 2)
    .split(' ')
    .map(Number);
  const sum = (fields[11] ?? 0) + (fields[12] ?? 0) + (fields[13] ?? 0) + (fields[14] ?? 0);
  return { parentPid: fields[1] ?? 0, ticks: sum };
}

function listProcesses(): Process[] {
  const found: Process[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = parseStat(readText(`/proc/${name}/stat`));
    if (!stat) continue;
    const command = readText(`/proc/${name}/cmdline`);
    found.push({ pid: Number(name), command, text: `${command}\n${readText(`/proc/${name}/environ`)}`, ...stat });
  }
  return found;
}

/**
 * PURE: the processes that belong to a product: its main process, every process that names one of its directories in its
 * arguments or environment (host processes are detached from the main process), and the descendants of all these.
 */
export function selectProduct(all: readonly Process[], mainPid: number, directories: readonly string[]): Process[] {
  const isOwn = ({ pid, text }: Process) =>
    pid === mainPid || directories.some((directory) => text.includes(directory));
  const pids = new Set(all.filter(isOwn).map(({ pid }) => pid));
  for (let size = -1; size !== pids.size; ) {
    size = pids.size;
    for (const { pid, parentPid } of all) if (pids.has(parentPid)) pids.add(pid);
  }
  return all.filter(({ pid }) => pids.has(pid));
}

/** What a process of the product is, by what its command line names. */
const roles: readonly (readonly [RegExp, string])[] = [
  [/port-mux/, 'port-mux'],
  [/streamer\/publish/, 'publisher'],
  [/streamer\/main/, 'streamer'],
  [/^(\S*\/)?(Xvfb|Xorg|Xephyr|X)\0/, 'display'],
  [/pulseaudio|pipewire/, 'sound'],
  [/^(\S*\/)?parec\0/, 'recorder'],
  [/stamp\.cjs/, 'program'],
];

/** PURE: e.g. `streamer`; `main` for the main process, the name of the executable for others. */
export function roleOf(pid: number, command: string, mainPid: number): string {
  if (pid === mainPid) return 'main';
  const known = roles.find(([pattern]) => pattern.test(command));
  return known?.[1] ?? command.split('\0')[0]?.split('/').at(-1) ?? 'unknown';
}

/** A process of a product at one moment. */
export interface ProductProcess {
  readonly pid: number;
  readonly role: string;
  readonly ticks: number;
  /** Memory that is resident, shared pages included. */
  readonly residentBytes: number;
  /** Memory with shared pages divided among those that share them, so that it can be added up. */
  readonly ownBytes: number;
  readonly descriptors: number;
  readonly threads: number;
}

function countEntries(path: string): number {
  try {
    return readdirSync(path).length;
  } catch {
    return 0;
  }
}

/** The processes of a product, the bench itself never among them. */
export function readProduct(mainPid: number, directories: readonly string[]): ProductProcess[] {
  const others = listProcesses().filter(({ pid }) => pid !== process.pid);
  return selectProduct(others, mainPid, directories).map(({ pid, ticks, command }) => {
    const kilobytes = (path: string, name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readText(`/proc/${pid}/${path}`))?.[1] ?? 0) * 1_024;
    const residentBytes = kilobytes('status', 'VmRSS');
    return {
      ...{ pid, ticks, residentBytes },
      role: roleOf(pid, command, mainPid),
      ownBytes: kilobytes('smaps_rollup', 'Pss') || residentBytes,
      descriptors: countEntries(`/proc/${pid}/fd`),
      threads: countEntries(`/proc/${pid}/task`),
    };
  });
}

/** Processor time per second since the meter was made. */
export interface CpuMeter {
  /** Of the whole product, in cores. */
  cores(): number;
  /** The same by role. */
  coresByRole(): Readonly<Record<string, number>>;
}

/** Measures the processor time that a product uses from now on. The bench itself never counts. */
export function createCpuMeter(mainPid: number, directories: readonly string[]): CpuMeter {
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const byRole = () => {
    const sums = new Map<string, number>();
    for (const { role, ticks } of readProduct(mainPid, directories)) sums.set(role, (sums.get(role) ?? 0) + ticks);
    return sums;
  };
  const start = byRole();
  const startMs = performance.now();
  const coresByRole = () => {
    const seconds = (performance.now() - startMs) / 1000;
    const entries = [...byRole()].map(([role, ticks]) => {
      return [role, (ticks - (start.get(role) ?? 0)) / ticksPerSecond / seconds] as const;
    });
    return Object.fromEntries(entries);
  };
  return { coresByRole, cores: () => Object.values(coresByRole()).reduce((sum, cores) => sum + cores, 0) };
}
