import { describe, expect, it } from 'vitest';
import { createCpuMeter, parseStat, readProduct, roleOf, selectProduct } from './cpu.js';

describe('parseStat', () => {
  it('reads parent and times behind a command with spaces and parentheses', () => {
    const line = '42 (a (b) c) S 7 42 42 0 -1 4194304 100 200 0 0 11 22 33 44 20 0 1 0 5 6 7';
    expect(parseStat(line)).toEqual({ parentPid: 7, ticks: 110 });
  });

  it('takes an empty file for a process that has ended', () => {
    expect(parseStat('')).toBeNull();
  });
});

describe('selectProduct', () => {
  const process = (pid: number, parentPid: number, text = '') => ({ pid, parentPid, text, command: text, ticks: 1 });

  it('finds the main process, detached ones by directory, and all descendants', () => {
    const all = [
      process(50, 20, 'bwrap'),
      process(10, 1, 'cloudstage up'),
      process(11, 10),
      process(20, 1, 'Xorg -config /run/cloudstage/ab12/slot-0/xorg.conf'),
      process(30, 1, 'Xorg -config /run/cloudstage/ffff/slot-0/xorg.conf'),
      process(31, 30),
      process(51, 50),
    ];
    const pids = selectProduct(all, 10, ['/run/cloudstage/ab12']).map(({ pid }) => pid);
    expect(pids.sort((a, b) => a - b)).toEqual([10, 11, 20, 50, 51]);
  });
});

it('sees no use of a process that does not exist', () => {
  expect(createCpuMeter(2 ** 30, ['/no/such/directory/of/a/product']).cores()).toBe(0);
});

it('tells processes by what their command lines name', () => {
  expect(roleOf(1, 'node\0main.js\0up', 1)).toBe('main');
  expect(roleOf(2, 'node\0/x/dist/port-mux/main.js\0{}', 1)).toBe('port-mux');
  expect(roleOf(2, 'node\0/x/dist/streamer/main.js\0{}', 1)).toBe('streamer');
  expect(roleOf(2, '/usr/bin/Xvfb\0:1', 1)).toBe('display');
  expect(roleOf(2, '/pkg/node\0stamp.cjs\0--fps', 1)).toBe('program');
  expect(roleOf(2, '/usr/bin/openbox\0', 1)).toBe('openbox');
});

it('reads memory, descriptors and threads of a process and its descendants, and leaves the reader out', () => {
  const found = readProduct(process.ppid, []);
  const parent = found.find(({ pid }) => pid === process.ppid);
  expect(parent).toMatchObject({ role: 'main' });
  expect(parent?.residentBytes).toBeGreaterThan(1e5);
  expect(parent?.ownBytes).toBeGreaterThan(0);
  expect(parent?.descriptors).toBeGreaterThan(2);
  expect(parent?.threads).toBeGreaterThan(0);
  expect(found.some(({ pid }) => pid === process.pid)).toBe(false);
});
