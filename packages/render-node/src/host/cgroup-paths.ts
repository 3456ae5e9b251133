/** Controllers that a slot's limits use. */
export const cgroupControllers = ['cpu', 'memory', 'pids'] as const;
export type CgroupController = (typeof cgroupControllers)[number];

/** Mounted cgroup hierarchies of this machine. */
export interface CgroupMounts {
  /** Mount point of the unified hierarchy, or null. */
  readonly v2: string | null;
  /** Mount points of the version 1 hierarchies by controller. */
  readonly v1: Readonly<Partial<Record<CgroupController, string>>>;
}

/** Reads `/proc/self/mountinfo`. PURE. @see proc(5) */
export function parseCgroupMounts(mountinfo: string): CgroupMounts {
  let v2: string | null = null;
  const v1: Partial<Record<CgroupController, string>> = {};
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const mountPoint = before?.split(' ')[4]?.replace(/\\040/g, ' ');
    const [type, , options] = after?.split(' ') ?? [];
    if (!mountPoint) continue;
    if (type === 'cgroup2') v2 ??= mountPoint;
    if (type !== 'cgroup') continue;
    for (const controller of cgroupControllers) {
      if (options?.split(',').includes(controller)) v1[controller] ??= mountPoint;
    }
  }
  return { v2, v1 };
}

/** Limits of a program; 0: no limit. */
export interface CgroupLimits {
  readonly cpuCores: number;
  readonly memoryBytes: number;
  readonly processes: number;
}

/** Length of a CPU quota period, in microseconds: the kernel's default. */
const periodUs = 100_000;

/** Files and values that set `limits`, version 1, by controller. PURE. @see Documentation/admin-guide/cgroup-v1 */
export function limitFilesV1(limits: CgroupLimits): Readonly<Record<CgroupController, readonly [string, string][]>> {
  return {
    cpu: limits.cpuCores > 0 ? [['cpu.cfs_quota_us', String(Math.round(limits.cpuCores * periodUs))]] : [],
    memory: limits.memoryBytes > 0 ? [['memory.limit_in_bytes', String(limits.memoryBytes)]] : [],
    pids: limits.processes > 0 ? [['pids.max', String(limits.processes)]] : [],
  };
}

/** Files and values that set `limits`, version 2. PURE. @see Documentation/admin-guide/cgroup-v2 */
export function limitFilesV2(limits: CgroupLimits): readonly [string, string][] {
  return [
    ...(limits.cpuCores > 0
      ? ([['cpu.max', `${Math.round(limits.cpuCores * periodUs)} ${periodUs}`]] as [string, string][])
      : []),
    ...(limits.memoryBytes > 0 ? ([['memory.max', String(limits.memoryBytes)]] as [string, string][]) : []),
    ...(limits.processes > 0 ? ([['pids.max', String(limits.processes)]] as [string, string][]) : []),
  ];
}
