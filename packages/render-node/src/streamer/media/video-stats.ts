import { mediaLimits } from './limits.js';
import { createPercentiles } from './percentiles.js';
import type { GrabTimings } from './screen-source.js';

/** Numbers of a pipeline; times are percentiles over the last pictures, in milliseconds. */
export interface VideoStats {
  readonly framesCaptured: number;
  readonly framesEncoded: number;
  readonly keyFrames: number;
  readonly captureMsP50: number;
  readonly convertMsP50: number;
  readonly encodeMsP50: number;
  readonly encodeMsP95: number;
}

/** Counts the pictures of a pipeline. */
export interface VideoCounters {
  /** @param grabbed null when the screen had not changed. */
  add(grabbed: GrabTimings | null, encodeMs: number, keyFrame: boolean): void;
  stats(): VideoStats;
}

/** Creates counters at zero. */
export function createVideoCounters(): VideoCounters {
  const counts = { captured: 0, encoded: 0, keyFrames: 0 };
  const capture = createPercentiles(mediaLimits.timingSamples);
  const convert = createPercentiles(mediaLimits.timingSamples);
  const encode = createPercentiles(mediaLimits.timingSamples);
  return {
    add: (grabbed, encodeMs, keyFrame) => {
      if (grabbed) {
        counts.captured++;
        capture.add(grabbed.captureMs);
        convert.add(grabbed.convertMs);
      }
      counts.encoded++;
      if (keyFrame) counts.keyFrames++;
      encode.add(encodeMs);
    },
    stats: () => ({
      framesCaptured: counts.captured,
      framesEncoded: counts.encoded,
      keyFrames: counts.keyFrames,
      captureMsP50: capture.at(0.5),
      convertMsP50: convert.at(0.5),
      encodeMsP50: encode.at(0.5),
      encodeMsP95: encode.at(0.95),
    }),
  };
}
