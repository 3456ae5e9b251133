/**
 * Timestamps of audio frames: one frame after the other on the sample clock, set anew from the wall clock after a gap or
 * when the two have drifted apart. PURE apart from its memory.
 */
export interface AudioClock {
  /** Wall time in microseconds that the next frame stands for. */
  next(nowUs: number): number;
}

/** @param frameUs length of a frame; @param maxDriftUs distance at which the wall clock wins */
export function createAudioClock(frameUs: number, maxDriftUs: number): AudioClock {
  let nextUs: number | undefined;
  return {
    next: (nowUs) => {
      if (nextUs === undefined || Math.abs(nowUs - nextUs) > maxDriftUs) nextUs = nowUs;
      const frameTimeUs = nextUs;
      nextUs += frameUs;
      return frameTimeUs;
    },
  };
}
