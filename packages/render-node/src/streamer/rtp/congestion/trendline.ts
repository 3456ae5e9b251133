import type { GroupDelta } from './arrival-groups.js';

/** Growth of the delay of bursts. */
export interface Trendline {
  /** @returns milliseconds of delay gained per millisecond, 0 until there are enough bursts */
  add(delta: GroupDelta): number;
  /** Bursts compared so far. */
  readonly deltas: number;
}

/** Bursts that the line is laid through, and how much of the past the smoothed delay keeps. */
const windowBursts = 20;
const smoothing = 0.9;
/** A gap this long ends the line: what was before it says nothing about the queue now. */
const gapUs = 1_000_000;

interface Point {
  readonly timeMs: number;
  readonly delayMs: number;
}

/** Least squares slope; 0 when all points are at one time. PURE. */
export function slopeOf(points: readonly Point[]): number {
  const meanTime = points.reduce((sum, { timeMs }) => sum + timeMs, 0) / points.length;
  const meanDelay = points.reduce((sum, { delayMs }) => sum + delayMs, 0) / points.length;
  let numerator = 0;
  let denominator = 0;
  for (const { timeMs, delayMs } of points) {
    numerator += (timeMs - meanTime) * (delayMs - meanDelay);
    denominator += (timeMs - meanTime) ** 2;
  }
  return denominator === 0 ? 0 : numerator / denominator;
}

/**
 * Lays a line through the smoothed delay of the last bursts: what the present Google congestion control uses in place of the draft's Kalman
 * filter. PURE apart from its memory.
 */
export function createTrendline(): Trendline {
  let points: Point[] = [];
  let firstArrivalUs: number | undefined;
  let delayMs = 0;
  let smoothedMs = 0;
  let deltas = 0;
  return {
    add: ({ sendDeltaUs, arrivalDeltaUs, arrivalUs }) => {
      if (sendDeltaUs > gapUs || arrivalDeltaUs > gapUs) {
        points = [];
        firstArrivalUs = undefined;
        delayMs = 0;
        smoothedMs = 0;
        deltas = 0;
        return 0;
      }
      firstArrivalUs ??= arrivalUs;
      deltas++;
      delayMs += (arrivalDeltaUs - sendDeltaUs) / 1_000;
      smoothedMs = smoothing * smoothedMs + (1 - smoothing) * delayMs;
      points.push({ timeMs: (arrivalUs - firstArrivalUs) / 1_000, delayMs: smoothedMs });
      if (points.length > windowBursts) points.shift();
      return points.length < 5 ? 0 : slopeOf(points);
    },
    get deltas() {
      return deltas;
    },
  };
}
