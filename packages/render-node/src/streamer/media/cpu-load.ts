import { readFileSync } from 'node:fs';

/** Creates a meter of the machine's load: percent of all cores busy since the previous reading at least a second ago. */
export function createCpuMeter(read: () => { busy: number; total: number } = readCpuTimes): () => number {
  let last = read();
  let percent = 0;
  return () => {
    const now = read();
    // Kernel counters tick every 10 ms: shorter spans would only show noise.
    if (now.total - last.total < 1_000) return percent;
    percent = Math.round(((now.busy - last.busy) / (now.total - last.total)) * 100);
    last = now;
    return percent;
  };
}

/**
 * PURE: the first line of `/proc/stat`, in ticks of 10 ms times ten; null for something else. `os.cpus()` would read the description of every core as
 * well, which costs milliseconds on some machines.
 * @see proc(5): user, nice, system, idle, iowait, irq, softirq, steal; the times of guests are in the first two already
 */
export function parseCpuTimes(stat: string): { busy: number; total: number } | null {
  const fields = /^cpu +((?:\d+ ?){8})/.exec(stat)?.[1]?.trim().split(' ').map(Number);
  if (!fields) return null;
  const total = fields.reduce((sum, ticks) => sum + ticks, 0) * 10;
  const idle = ((fields[3] ?? 0) + (fields[4] ?? 0)) * 10;
  return { busy: total - idle, total };
}

function readCpuTimes(): { busy: number; total: number } {
  return parseCpuTimes(readFileSync('/proc/stat', 'latin1')) ?? { busy: 0, total: 0 };
}
