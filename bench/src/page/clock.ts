/** PURE: times on clocks that are cut to 32 bits, and on clocks that differ. */

const rtpClockPerMs = 90;
const rtpModulus = 2 ** 32;

/**
 * Time from capture to presentation.
 * @param rtpTimestamp wall clock of the capture in 1/90,000 s modulo 2³².
 * @param presentedWallMs wall clock of the presentation, milliseconds since 1970, within hours of the capture.
 * @returns milliseconds; negative when the clocks disagree.
 */
export function msSinceCapture(rtpTimestamp: number, presentedWallMs: number): number {
  const presented = (presentedWallMs * rtpClockPerMs) % rtpModulus;
  const elapsed = (((presented - rtpTimestamp) % rtpModulus) + 1.5 * rtpModulus) % rtpModulus;
  return (elapsed - rtpModulus / 2) / rtpClockPerMs;
}

/** The 90 kHz timestamp that a media time in seconds stands for. */
export function rtpTimestampOf(mediaTimeSeconds: number): number {
  return Math.round(mediaTimeSeconds * rtpClockPerMs * 1_000) % rtpModulus;
}

/** Middle of the values; 0 of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
