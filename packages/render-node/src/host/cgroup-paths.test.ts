import { describe, expect, it } from 'vitest';
import { limitFilesV1, limitFilesV2, parseCgroupMounts, sessionLimits } from './cgroup-paths.js';

describe('parseCgroupMounts', () => {
  it('reads a unified machine', () => {
    const text =
      '34 25 0:29 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';
    expect(parseCgroupMounts(text)).toEqual({ v2: '/sys/fs/cgroup', v1: {} });
  });
  it('reads a machine with version 1, joint controllers and a unified leftover', () => {
    const text = [
      '30 23 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755',
      '31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
      '32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 master:2 - cgroup cgroup rw,cpu,cpuacct',
      '33 30 0:29 /docker/1 /sys/fs/cgroup/my\\040memory rw - cgroup cgroup rw,memory',
      '34 30 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset',
    ].join('\n');
    expect(parseCgroupMounts(text)).toEqual({
      v2: '/sys/fs/cgroup/unified',
      v1: { cpu: '/sys/fs/cgroup/cpu,cpuacct', memory: '/sys/fs/cgroup/my memory' },
    });
  });
  it.each(['', 'rubbish', '1 2 3', ' - cgroup cgroup rw,cpu'])('finds nothing in %j', (text) => {
    expect(parseCgroupMounts(text)).toEqual({ v2: null, v1: {} });
  });
});

describe('limits', () => {
  const limits = { cpuCores: 1.5, memoryBytes: 1_024, processes: 7 };
  const none = { cpuCores: 0, memoryBytes: 0, processes: 0 };
  it('are written as version 1 wants them', () => {
    expect(limitFilesV1(limits)).toEqual({
      cpu: [['cpu.cfs_quota_us', '150000']],
      memory: [['memory.limit_in_bytes', '1024']],
      pids: [['pids.max', '7']],
    });
    expect(limitFilesV1(none)).toEqual({
      cpu: [['cpu.cfs_quota_us', '-1']],
      memory: [['memory.limit_in_bytes', '-1']],
      pids: [['pids.max', 'max']],
    });
  });
  it('are written as version 2 wants them', () => {
    expect(limitFilesV2(limits)).toEqual([
      ['cpu.max', '150000 100000'],
      ['memory.max', '1024'],
      ['pids.max', '7'],
    ]);
    expect(limitFilesV2(none)).toEqual([
      ['cpu.max', 'max 100000'],
      ['memory.max', 'max'],
      ['pids.max', 'max'],
    ]);
  });
  it.each([
    [limits, { cpuCores: null, memoryBytes: null }, limits],
    [limits, { cpuCores: 0.5, memoryBytes: 512 }, { cpuCores: 0.5, memoryBytes: 512, processes: 7 }],
    [limits, { cpuCores: 8, memoryBytes: 4_096 }, limits],
    [none, { cpuCores: 8, memoryBytes: null }, { cpuCores: 8, memoryBytes: 0, processes: 0 }],
  ])('%j of the node and %j of a session make %j', (node, session, expected) => {
    expect(sessionLimits(node, session)).toEqual(expected);
  });
  it('never go below the least quota of the kernel', () => {
    expect(limitFilesV1({ ...limits, cpuCores: 0.001 }).cpu).toEqual([['cpu.cfs_quota_us', '1000']]);
  });
});
