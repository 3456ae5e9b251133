import type { QualitySample, ReceiverSample, SeenFrame, Watched } from '../page/impairment-contract.js';
import { type Percentiles, percentilesOf } from '../percentiles.js';

/** PURE: from what a receiver saw to what is reported. */

/** What is known of a run besides what was seen. */
export interface RunFacts {
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** One-way delay of the path without its queue and jitter. */
  readonly baseDelayMs: number;
  /** What a picture takes in the sender before the pacer (median of capture, colours and encoder); null where it does not tell. */
  readonly encodedAfterMs: number | null;
  /** Seconds behind the warm-up at which the path became slower and faster again. */
  readonly slowerAtSeconds: number | null;
  readonly fasterAtSeconds: number | null;
}

/** Result of one sender on one path; times in milliseconds. */
export interface RunResult {
  /** From drawing to presentation beyond the path's own delay. */
  readonly delayOverBaseMs: Percentiles;
  /** From capture to presentation, the path's delay included; no samples where the sender does not tell. */
  readonly captureToPresentMs: Percentiles;
  /**
   * Of that, beyond the path's own delay: pacer, queue, repairs, jitter buffer, presentation. Each picture's capture→present without its
   * decoding and without the median of capture, colours and encoder.
   */
  readonly networkAndBufferMs: Percentiles;
  readonly goodputMbps: number;
  readonly fps: number;
  /** Gaps between presented pictures beyond 200 ms, and the longest gap. */
  readonly freezes: number;
  readonly longestGapMs: number;
  readonly meanJitterBufferMs: number | null;
  readonly ssim: number | null;
  /** Of the worst tenth. */
  readonly ssimP10: number | null;
  readonly psnrDb: number | null;
  readonly packetsLost: number;
  readonly nacks: number;
  readonly plis: number;
  readonly keyFrames: number;
  /** From the first picture on, the warm-up included, until four fifths of the rate were reached that was held before any change. */
  readonly rampMs: number | null;
  /** Until the delay had come back down after the path became slower; null when it did not, or the path does not change. */
  readonly settledMs: number | null;
  /** Until four fifths of the rate before were reached again. */
  readonly recoveredMs: number | null;
  /** Pictures whose stamp could not be read. */
  readonly unreadable: number;
}

const freezeMs = 200;
/** Delay above the base at which a changed path counts as settled, and for how long it must stay so. */
const settled = { delayMs: 100, forMs: 1_000 } as const;
const recovered = { share: 0.8, windowMs: 500, beforeMs: 5_000 } as const;

/** Gaps between presented pictures. Pictures without a call of their own lie in between, so a gap is shared among them. */
export function gapsOf(frames: readonly SeenFrame[]): number[] {
  return frames.slice(1).map((frame, index) => {
    const before = frames[index] ?? frame;
    const pictures = Math.max(1, frame.presentedFrames - before.presentedFrames);
    return (frame.presentedAtMs - before.presentedAtMs) / pictures;
  });
}

/** Bits a second between two moments, from cumulative counters; null when there are not two samples. */
export function rateBetween(samples: readonly ReceiverSample[], fromMs: number, toMs: number): number | null {
  const within = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const [first, last] = [within[0], within.at(-1)];
  if (!first || !last || last.atMs <= first.atMs) return null;
  return ((last.bytes - first.bytes) * 8_000) / (last.atMs - first.atMs);
}

/** First moment from `fromMs` on at which delay stays low; null when it does not before `toMs`. */
function settledAfter(frames: readonly SeenFrame[], fromMs: number, toMs: number, baseDelayMs: number): number | null {
  let candidateMs = fromMs;
  let lastMs = fromMs;
  for (const { presentedAtMs, delayMs } of frames) {
    if (presentedAtMs < fromMs || presentedAtMs > toMs) continue;
    const isBad = (delayMs !== null && delayMs - baseDelayMs > settled.delayMs) || presentedAtMs - lastMs > freezeMs;
    lastMs = presentedAtMs;
    if (isBad) candidateMs = presentedAtMs;
    else if (presentedAtMs - candidateMs >= settled.forMs) return candidateMs - fromMs;
  }
  return null;
}

function recoveredAfter(
  samples: readonly ReceiverSample[],
  fromMs: number,
  toMs: number,
  wantedBps: number,
): number | null {
  for (const { atMs } of samples) {
    if (atMs < fromMs || atMs + recovered.windowMs > toMs) continue;
    const rate = rateBetween(samples, atMs, atMs + recovered.windowMs);
    if (rate !== null && rate >= wantedBps * recovered.share) return atMs + recovered.windowMs - fromMs;
  }
  return null;
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

function qualityOf(quality: readonly QualitySample[]) {
  const sorted = quality.map(({ ssim }) => ssim).sort((a, b) => a - b);
  return {
    ssim: mean(sorted),
    ssimP10: sorted[Math.floor((sorted.length - 1) * 0.1)] ?? null,
    psnrDb: mean(quality.map(({ psnrDb }) => psnrDb)),
  };
}

/** Time from the first picture to the rate that was held later. */
function rampOf({ samples, startedAtMs }: Watched, facts: RunFacts, startMs: number): number | null {
  const steadyEndMs = startMs + (facts.slowerAtSeconds ?? facts.seconds) * 1_000;
  const steady = rateBetween(samples, startMs, steadyEndMs);
  return steady === null ? null : recoveredAfter(samples, startedAtMs, steadyEndMs, steady);
}

/** Times until the run was used to the changes of its path. */
function convergence(watched: Watched, facts: RunFacts, startMs: number) {
  const { slowerAtSeconds, fasterAtSeconds } = facts;
  if (slowerAtSeconds === null || fasterAtSeconds === null) return { settledMs: null, recoveredMs: null };
  const [slowerMs, fasterMs] = [startMs + slowerAtSeconds * 1_000, startMs + fasterAtSeconds * 1_000];
  const before = rateBetween(watched.samples, slowerMs - recovered.beforeMs, slowerMs) ?? 0;
  return {
    settledMs: settledAfter(watched.frames, slowerMs, fasterMs, facts.baseDelayMs),
    recoveredMs: recoveredAfter(watched.samples, fasterMs, startMs + facts.seconds * 1_000, before),
  };
}

/** What each picture spent between the encoder and the screen, beyond the path's own delay and decoding. */
function networkAndBuffer(frames: readonly SeenFrame[], { encodedAfterMs, baseDelayMs }: RunFacts): number[] {
  if (encodedAfterMs === null) return [];
  return frames.flatMap(({ captureDelayMs, decodeMs }) =>
    captureDelayMs === null || decodeMs === null ? [] : [captureDelayMs - decodeMs - encodedAfterMs - baseDelayMs],
  );
}

/** Everything about one run, from behind its warm-up. */
export function analyse(watched: Watched, facts: RunFacts): RunResult {
  const startMs = watched.startedAtMs + facts.warmUpSeconds * 1_000;
  const endMs = startMs + facts.seconds * 1_000;
  const isInside = ({ atMs }: { readonly atMs: number }) => atMs >= startMs && atMs <= endMs;
  const frames = watched.frames.filter(({ presentedAtMs }) => isInside({ atMs: presentedAtMs }));
  const samples = watched.samples.filter(isInside);
  const gaps = gapsOf(frames);
  const [first, last] = [samples[0], samples.at(-1)];
  const grown = (key: Exclude<keyof ReceiverSample, 'atMs'>) => (last?.[key] ?? 0) - (first?.[key] ?? 0);
  const [firstFrame, lastFrame] = [frames[0], frames.at(-1)];
  const presented = (lastFrame?.presentedFrames ?? 0) - (firstFrame?.presentedFrames ?? 0);
  const spanMs = (lastFrame?.presentedAtMs ?? 0) - (firstFrame?.presentedAtMs ?? 0);
  const delays = frames.flatMap(({ delayMs }) => (delayMs === null ? [] : [delayMs - facts.baseDelayMs]));
  // A picture that stands still until the end is a gap as well.
  const tailMs = endMs - (lastFrame?.presentedAtMs ?? startMs);
  const allGaps = [...gaps, tailMs];
  return {
    delayOverBaseMs: percentilesOf(delays),
    captureToPresentMs: percentilesOf(frames.flatMap(({ captureDelayMs }) => captureDelayMs ?? [])),
    networkAndBufferMs: percentilesOf(networkAndBuffer(frames, facts)),
    goodputMbps: (rateBetween(samples, startMs, endMs) ?? 0) / 1_000_000,
    fps: spanMs > 0 ? (presented * 1_000) / spanMs : 0,
    freezes: allGaps.filter((gap) => gap > freezeMs).length,
    longestGapMs: Math.max(...allGaps),
    meanJitterBufferMs:
      grown('jitterBufferFrames') > 0 ? grown('jitterBufferDelayMs') / grown('jitterBufferFrames') : null,
    ...qualityOf(watched.quality.filter(isInside)),
    packetsLost: grown('packetsLost'),
    nacks: grown('nacks'),
    plis: grown('plis'),
    keyFrames: grown('keyFramesDecoded'),
    rampMs: rampOf(watched, facts, startMs),
    ...convergence(watched, facts, startMs),
    unreadable: frames.length - delays.length,
  };
}
