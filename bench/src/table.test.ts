import { expect, it } from 'vitest';
import type { CaseResult } from './report.js';
import { formatGoals, formatRow, tableHead } from './table.js';

const times = (p50: number, p95: number) => ({ count: 10, p50, p95, p99: p95 });
const result: CaseResult = {
  ...{ name: '720p60', content: 'game', viewers: 0, freezes: 0, longestGapMs: 20, videoBps: 6e6, sentBps: 6.5e6 },
  ...{ jitterBufferMs: 1, decodeMs: null, cpuByRole: { streamer: 0.3, program: 0.1 }, cpuCores: 0.4, memoryBytes: 5e8 },
  ...{
    legs: { encode: times(2, 3) },
    captureToPresentMs: times(4.5, 8.5),
    clickToPhotonMs: times(11, 19),
    clickParts: { 'to program': times(1, 2) },
  },
  ...{ lostClicks: 0, presentedFps: 60, firstFrameMs: 100, drawToPresentMs: times(5, 9), seconds: 10 },
  captureTimeFromPicture: false,
};
const lines = (...results: readonly CaseResult[]) => formatGoals(results).split('\n');

it('prints as many cells as columns, legs by name', () => {
  const [head = ''] = tableHead().split('\n');
  const row = formatRow(result);
  expect(row.split('|').length).toBe(head.split('|').length);
  expect(row).toContain('encode 2.0 3.0 3.0');
  expect(row).toContain('| 0.40 | 0.300 |');
});

it('tells which goals were reached', () => {
  const goals = lines(result);
  expect(goals).toContain('- met: 720p60 game: capture→present p50 ≤ 5 ms (4.5)');
  expect(goals).toContain('- MISSED: 720p60 game: capture→present p95 ≤ 8 ms (8.5)');
  const nothing = { ...times(0, 0), p50: null, p95: null };
  expect(lines({ ...result, captureToPresentMs: nothing })).toContain(
    '- MISSED: 720p60 game: capture→present p50 ≤ 5 ms (not measured)',
  );
  const idle = {
    ...result,
    content: 'idle',
    cpuCores: 0.115,
    cpuByRole: { program: 0.1 },
    sentBps: 9e3,
    videoBps: 11e3,
  };
  expect(lines(idle).filter((line) => line.startsWith('- met'))).toHaveLength(2);
  expect(lines({ ...result, content: 'noise', freezes: 1 }).join()).toContain('MISSED: 720p60 noise: freezes');
});

it('tells what one more viewer costs at the rate of the goal', () => {
  const watched = { ...result, viewers: 4, cpuCores: 0.52, videoBps: 3e6 };
  // 12 % of a core for four at 3 Mbit/s: 6 % each at 6 Mbit/s.
  expect(lines({ ...result, videoBps: 3e6 }, watched).at(-2)).toBe(
    '- MISSED: 720p60 game: one more of 4 viewers at 6 Mbit/s ≤ 4 % of a core (6.0)',
  );
  // With half of the rate the difference is not their cost.
  expect(lines(result, watched).at(-2)).toContain('(not measured)');
});
