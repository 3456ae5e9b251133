import { drawChart, type Series } from '../chart.js';
import type { ImpairmentCase, ImpairmentOptions, Sender } from './cases.js';
import { baseDelayMs } from './goals.js';
import type { PathSample, Run } from './run-sender.js';

/** PURE: rate and delay over time as a chart. */

const colours: Readonly<Record<Sender, string>> = { product: '#0a7d33', fixed: '#b8860b', chromium: '#3367d6' };
const names: Readonly<Record<Sender, string>> = {
  product: 'Cloudstage',
  fixed: 'fixed bitrate with NACK',
  chromium: "Chromium's sender",
};
const rateWindow = 5;
/** Delays beyond are drawn on the edge. */
const delayEdgeMs = 500;

function rateSeries({ run, watched }: Run): Series {
  const { samples, startedAtMs } = watched;
  const points = samples.slice(rateWindow).map((sample, index) => {
    const before = samples[index] ?? sample;
    const mbps = ((sample.bytes - before.bytes) * 8) / 1_000 / Math.max(1, sample.atMs - before.atMs);
    return [(sample.atMs - startedAtMs) / 1_000, mbps] as const;
  });
  return { name: names[run.sender], colour: colours[run.sender], points };
}

function delaySeries({ run, watched }: Run, baseMs: number): Series {
  const points = watched.frames.map(
    ({ presentedAtMs, delayMs }) =>
      [(presentedAtMs - watched.startedAtMs) / 1_000, delayMs === null ? null : delayMs - baseMs] as const,
  );
  return { name: names[run.sender], colour: colours[run.sender], points };
}

function queueSeries({ run, watched, path }: Run): Series {
  const points = path.map(
    ({ atMs, stats }: PathSample) => [(atMs - watched.startedAtMs) / 1_000, stats.down.queueMs] as const,
  );
  return { name: names[run.sender], colour: colours[run.sender], points };
}

/** The capacity of the path as a line of steps. */
function capacity(settings: ImpairmentCase, options: ImpairmentOptions, endSeconds: number): Series {
  const points: [number, number][] = [[0, (settings.down.bandwidthBps ?? 0) / 1e6]];
  for (const { atSeconds, down } of settings.changes) {
    const at = options.warmUpSeconds + atSeconds;
    points.push([at, points.at(-1)?.[1] ?? 0], [at, (down.bandwidthBps ?? 0) / 1e6]);
  }
  points.push([endSeconds, points.at(-1)?.[1] ?? 0]);
  return { name: 'capacity of the path', colour: '#999999', points };
}

/** Draws the runs of one path over each other: rate, delay beyond the path's own, and the queue of the path. */
export function drawRuns(settings: ImpairmentCase, options: ImpairmentOptions, runs: readonly Run[]): string {
  const endSeconds = options.warmUpSeconds + Math.max(options.seconds, settings.minSeconds);
  const baseMs = baseDelayMs(settings);
  return drawChart({
    title: `${settings.name}: ${settings.about}`,
    xLabel: `seconds; the first ${options.warmUpSeconds} are the warm-up`,
    diagrams: [
      {
        title: 'Received video, over half a second',
        yLabel: 'Mbit/s',
        series: [capacity(settings, options, endSeconds), ...runs.map(rateSeries)],
      },
      {
        title: "Drawing → presentation, beyond the path's own delay",
        yLabel: 'ms',
        yMax: delayEdgeMs,
        series: runs.map((run) => delaySeries(run, baseMs)),
      },
      { title: 'Wait in the queue of the path', yLabel: 'ms', series: runs.map(queueSeries) },
    ],
  });
}
