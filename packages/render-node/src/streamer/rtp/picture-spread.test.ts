import { describe, expect, it } from 'vitest';
import { rtpLimits } from './limits.js';
import { isBeyondRepair, paddingSpread, spreadOf } from './picture-spread.js';

describe('isBeyondRepair', () => {
  it.each([
    ['a few packets of a slow path', 30, 500_000, false],
    ['a picture of a fast path', 60, 20_000_000, false],
    ['a full queue of a path that became slow', 100, 2_000_000, true],
    ['more than the path carries in the time', 250, 20_000_000, true],
  ])('of %s', (_what, packets, targetBps, expected) => {
    expect(isBeyondRepair(packets, targetBps)).toBe(expected);
  });

  it('never gives up on few', () => {
    expect(isBeyondRepair(rtpLimits.repairPackets, 1)).toBe(false);
  });
});

it('spreads by the rate of the path, and longest an IDR', () => {
  expect(spreadOf('delta', 9_840_000, 0).perMs).toBe(1);
  expect(spreadOf('key', 1, 0).withinMs).toBeGreaterThan(spreadOf('delta', 1, 0).withinMs);
  expect(spreadOf('delta', 1e9, 0.2).burst).toBeLessThan(spreadOf('delta', 1e9, 0.01).burst);
  expect(paddingSpread(9_840_000)).toEqual({ perMs: 1, withinMs: 0, burst: 0 });
});
