import type { ResourceLimits } from '@cloudstage/protocol';

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

/** The kernel takes no quota below a millisecond. */
const minQuotaUs = 1_000;
const quotaUs = (cpuCores: number) => Math.max(minQuotaUs, Math.round(cpuCores * periodUs));

/** Lower of two limits, of which 0 is none. */
const lower = (a: number, b: number) => (a > 0 && b > 0 ? Math.min(a, b) : Math.max(a, b));

/** Limits of a session's program: its own, never above the node's. PURE. */
export function sessionLimits(node: CgroupLimits, session: ResourceLimits): CgroupLimits {
  return {
    cpuCores: lower(node.cpuCores, session.cpuCores ?? 0),
    memoryBytes: lower(node.memoryBytes, Math.floor(session.memoryBytes ?? 0)),
    processes: node.processes,
  };
}

/** Files and values that set `limits`, version 1, by controller. PURE. @see Documentation/admin-guide/cgroup-v1 */
export function limitFilesV1(limits: CgroupLimits): Readonly<Record<CgroupController, readonly [string, string][]>> {
  return {
    cpu: [['cpu.cfs_quota_us', limits.cpuCores > 0 ? String(quotaUs(limits.cpuCores)) : '-1']],
    memory: [['memory.limit_in_bytes', limits.memoryBytes > 0 ? String(limits.memoryBytes) : '-1']],
    pids: [['pids.max', limits.processes > 0 ? String(limits.processes) : 'max']],
  };
}

/** Files and values that set `limits`, version 2. PURE. @see Documentation/admin-guide/cgroup-v2 */
export function limitFilesV2(limits: CgroupLimits): readonly [string, string][] {
  return [
    ['cpu.max', `${limits.cpuCores > 0 ? quotaUs(limits.cpuCores) : 'max'} ${periodUs}`],
    ['memory.max', limits.memoryBytes > 0 ? String(limits.memoryBytes) : 'max'],
    ['pids.max', limits.processes > 0 ? String(limits.processes) : 'max'],
  ];
}
