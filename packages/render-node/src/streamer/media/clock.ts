/** Wall clock of the streamer in microseconds since 1970: monotonic within the process, never stepped back by NTP. */
export type WallClock = () => number;

/**
 * Creates the clock from one reading of the wall and a monotonic source.
 * @param wallMs wall time in milliseconds now
 * @param monotonicMs monotonic milliseconds, fractional
 */
export function createWallClock(
  wallMs: () => number = () => performance.timeOrigin + performance.now(),
  monotonicMs: () => number = () => performance.now(),
): WallClock {
  const originUs = wallMs() * 1_000 - monotonicMs() * 1_000;
  return () => Math.round(originUs + monotonicMs() * 1_000);
}
