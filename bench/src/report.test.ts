import { expect, it } from 'vitest';
import { percentilesOf } from './percentiles.js';
import { formatCase } from './report.js';

/** A result as runs give it. */
const result = {
  name: '720p60',
  ...{ content: 'game', viewers: 0, freezes: 0, longestGapMs: 20, videoBps: 8e6, sentBps: 8.4e6 },
  ...{ jitterBufferMs: 1, decodeMs: 2, legs: {}, cpuByRole: { streamer: 0.7, program: 0.018 }, memoryBytes: 5e8 },
  captureToPresentMs: { count: 600, p50: 4.71, p95: 6.64, p99: 12 },
  clickToPhotonMs: { count: 60, p50: 16, p95: 22.05, p99: 30.26 },
  clickParts: {},
  lostClicks: 0,
  presentedFps: 59.84,
  cpuCores: 0.718,
  firstFrameMs: 133.04,
  drawToPresentMs: percentilesOf([]),
  seconds: 10,
  captureTimeFromPicture: false,
};

it('prints one line with milliseconds to one decimal', () => {
  expect(formatCase(result)).toBe(
    '720p60  capture→present 4.7 6.6 12.0  click→photon 16.0 22.1 30.3  fps 59.8  cpu 0.72  first-frame 133.0',
  );
});

it('prints a dash for what could not be measured', () => {
  expect(formatCase({ ...result, clickToPhotonMs: percentilesOf([]) })).toContain('click→photon - - -  fps');
});
