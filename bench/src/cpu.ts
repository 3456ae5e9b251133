import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Processor time of the whole product, taken from /proc. */

interface Process {
  readonly pid: number;
  readonly parentPid: number;
  /** User and system time, own and of children that were waited for, in clock ticks. */
  readonly ticks: number;
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
    const text = `${readText(`/proc/${name}/cmdline`)}\n${readText(`/proc/${name}/environ`)}`;
    found.push({ pid: Number(name), text, ...stat });
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

/** Measures the processor time that a product uses from now on. The bench itself never counts. */
export function createCpuMeter(mainPid: number, directories: readonly string[]): { readonly cores: () => number } {
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const total = () => {
    const others = listProcesses().filter(({ pid }) => pid !== process.pid);
    return selectProduct(others, mainPid, directories).reduce((sum, { ticks }) => sum + ticks, 0);
  };
  const startTicks = total();
  const startMs = performance.now();
  return { cores: () => (total() - startTicks) / ticksPerSecond / ((performance.now() - startMs) / 1000) };
}
