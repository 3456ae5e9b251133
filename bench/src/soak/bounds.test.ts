import { describe, expect, it } from 'vitest';
import { growthPerHour, judgeCount, judgeDelay, judgeMemory, type Point } from './bounds.js';

const mebi = 2 ** 20;
const line = (minutes: number, at: (seconds: number) => number): Point[] =>
  Array.from({ length: minutes * 6 }, (_, index) => [index * 10, at(index * 10)] as const);

describe('growthPerHour', () => {
  it('finds the slope among outliers', () => {
    const points = line(30, (seconds) => seconds * 2 + (seconds % 70 === 0 ? 1e6 : 0));
    expect(growthPerHour(points)).toBeCloseTo(7_200, 0);
    expect(growthPerHour(line(30, () => 5))).toBe(0);
    expect(growthPerHour([[0, 1]])).toBeNull();
  });
});

describe('memory', () => {
  it('may fill caches and breathe, and may not leak', () => {
    const breathing = line(30, (seconds) => 200 * mebi + Math.min(seconds, 120) * mebi * 0.1 + (seconds % 60) * mebi);
    expect(judgeMemory({ name: 'a', points: breathing }).ok).toBe(true);
    expect(judgeMemory({ name: 'a', points: line(30, (seconds) => 200 * mebi + seconds * mebi * 0.05) }).ok).toBe(
      false,
    );
  });

  it('may grow little by the hour in a long run', () => {
    const slow = (minutes: number) => line(minutes, (seconds) => 200 * mebi + (seconds / 3_600) * 12 * mebi);
    expect(judgeMemory({ name: 'a', points: slow(30) }).ok).toBe(true);
    expect(judgeMemory({ name: 'a', points: slow(120) })).toMatchObject({ ok: false });
  });
});

it('counts may move by a few, delay by a little, and a picture must come', () => {
  expect(judgeCount({ name: 'fds', points: line(10, (seconds) => 40 + (seconds % 20) / 10) }).ok).toBe(true);
  expect(judgeCount({ name: 'fds', points: line(10, (seconds) => 40 + seconds / 60) })).toMatchObject({ ok: false });
  expect(judgeDelay({ name: 'delay', points: line(10, () => 30) })).toMatchObject({ ok: true, text: '30.0 → 30.0 ms' });
  expect(judgeDelay({ name: 'delay', points: line(10, (seconds) => 30 + seconds / 20) }).ok).toBe(false);
  expect(judgeDelay({ name: 'delay', points: [] }).ok).toBe(false);
});
