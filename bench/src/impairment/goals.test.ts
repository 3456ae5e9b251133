import { expect, it } from 'vitest';
import type { RunResult } from './analysis.js';
import { impairmentCases, parseImpairmentOptions } from './cases.js';
import { baseDelayMs, goalsOf } from './goals.js';
import { formatCaseReport } from './report.js';

const percentiles = (value: number) => ({ count: 10, p50: value, p95: value, p99: value });
const result = (delayMs: number, ssim: number, freezes = 0): RunResult => ({
  ...{
    delayOverBaseMs: percentiles(delayMs),
    captureToPresentMs: percentiles(delayMs),
    networkAndBufferMs: percentiles(delayMs),
    goodputMbps: 3,
    fps: 30,
    freezes,
  },
  ...{ longestGapMs: 40, meanJitterBufferMs: 5, ssim, ssimP10: ssim, psnrDb: 30, packetsLost: 0, nacks: 0, plis: 0 },
  ...{ keyFrames: 0, rampMs: 900, settledMs: null, recoveredMs: null, unreadable: 0 },
});
const named = (name: string) => impairmentCases.find((one) => one.name === name)!;
const met = (product: RunResult, chromium: RunResult) =>
  goalsOf(named('loss2'), { product, chromium }).map((goal) => goal.met);

it('tells which goals were reached', () => {
  expect(met(result(30, 0.95), result(80, 0.95))).toEqual([true, true, true]);
  expect(met(result(41, 0.95, 1), result(40, 0.95))).toEqual([false, false, false]);
  expect(met(result(30, 0.9), result(80, 0.95))).toEqual([true, true, false]);
  expect(goalsOf(named('step'), { product: result(30, 0.9) }).map((goal) => goal.met)).toEqual([false, false]);
  expect(goalsOf(named('step'), {})).toEqual([]);
});

it('takes half of the jitter as part of the path', () => {
  expect(baseDelayMs(named('wifi'))).toBe(17.5);
  expect(baseDelayMs({ down: {} })).toBe(0);
});

it('prints a row for each sender and every goal', () => {
  const run = { codec: 'video/VP8', picture: '640×360', note: '', relayLateMsP99: 1, lostShare: 0.021 };
  const text = formatCaseReport({
    settings: named('loss2'),
    runs: [
      { ...run, sender: 'product', result: result(30, 0.95) },
      { ...run, sender: 'chromium', result: result(80, 0.95) },
    ],
  });
  const table = text.split('\n').filter((line) => line.startsWith('|'));
  expect(new Set(table.map((line) => line.split('|').length)).size).toBe(1);
  expect(text).toContain('| product | VP8 | 640×360 | 30.0 |');
  expect(text.match(/^- met/gm)).toHaveLength(3);
});

it('chooses paths and senders by name', () => {
  expect(parseImpairmentOptions([]).cases).toHaveLength(impairmentCases.length);
  const some = parseImpairmentOptions(['--case', 'step', '--sender', 'product', '--seconds', '5']);
  expect(some).toMatchObject({ cases: [{ name: 'step' }], senders: ['product'], seconds: 5, svg: null });
  for (const wrong of [
    ['--case', 'x'],
    ['--sender', 'x'],
    ['--seconds', '0'],
  ]) {
    expect(() => parseImpairmentOptions(wrong)).toThrow(expect.objectContaining({ code: 'arguments-invalid' }));
  }
});
