/** Gaps longer than this many pictures give no more bits: what a still screen has not used is not sent in one go afterwards. */
const mostIntervals = 3;

/** Gives each picture a time of the encoder's own, in microseconds. PURE apart from its memory. */
export interface RateClock {
  /** @returns the time of a picture that was captured at `captureTimeUs` and may use `bitrateBps` since the one before. Always later than the last. */
  next(captureTimeUs: number, bitrateBps: number): number;
}

/**
 * FFmpeg opens libvpx with one bitrate and never tells it another, but libvpx gives each picture the bits of its duration. An encoder that
 * was opened with 4 Mbit/s and whose clock runs at half speed makes pictures for 2 Mbit/s. So the clock follows the target: no new encoder,
 * no key frame, and the very next picture has the new size.
 * @param nominalBps bitrate that the encoder was opened with
 */
export function createRateClock(nominalBps: number, fps: number): RateClock {
  const intervalUs = 1_000_000 / fps;
  let lastUs: number | undefined;
  let time = 0;
  return {
    next: (captureTimeUs, bitrateBps) => {
      const passedUs = captureTimeUs - (lastUs ?? captureTimeUs);
      lastUs = captureTimeUs;
      const countedUs = Math.min(mostIntervals * intervalUs, Math.max(0, passedUs));
      time += Math.max(1, Math.round((countedUs * bitrateBps) / nominalBps));
      return time;
    },
  };
}

/** The encoder's buffer is one of bits and grows in time when the rate falls: beyond this factor a new encoder is opened. PURE. */
export function isTooFar(nominalBps: number, bitrateBps: number): boolean {
  return bitrateBps > nominalBps * 4 || bitrateBps < nominalBps / 4;
}
