import { cpus } from 'node:os';

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

function readCpuTimes(): { busy: number; total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    total += all;
    busy += all - times.idle;
  }
  return { busy, total };
}
