import { describe, expect, it } from 'vitest';
import { createCpuMeter, parseStat, selectProduct } from './cpu.js';

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
  const process = (pid: number, parentPid: number, text = '') => ({ pid, parentPid, text, ticks: 1 });

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
