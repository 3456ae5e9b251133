/**
 * Conversions between the server's wall clock (microseconds since 1970, fractional part dropped) and RTP/NTP. PURE.
 *
 * The RTP timestamp of video *is* the wall clock of the capture in 90 kHz units modulo 2³². A client that knows the
 * server's clock (from the heartbeat) can therefore compute capture→present for every frame.
 */

/** Clock rate of every video payload. @see RFC 6184 §8.2.1 */
export const videoClockRate = 90_000;
/** Clock rate of Opus in RTP, whatever its bandwidth. @see RFC 7587 §4.1 */
export const audioClockRate = 48_000;

const twoTo32 = 4_294_967_296;
/** Seconds from 1900 to 1970. */
const ntpUnixOffsetSeconds = 2_208_988_800;

/** RTP timestamp of a wall clock time. */
export function rtpTimestamp(wallUs: number, clockRate: number): number {
  return Math.floor((wallUs / 1_000_000) * clockRate) % twoTo32;
}

/** 64-bit NTP time as two 32-bit halves. @see RFC 3550 §4 */
export function ntpTime(wallUs: number): { readonly seconds: number; readonly fraction: number } {
  const wholeSeconds = Math.floor(wallUs / 1_000_000);
  const rest = wallUs - wholeSeconds * 1_000_000;
  return {
    seconds: (wholeSeconds + ntpUnixOffsetSeconds) % twoTo32,
    fraction: Math.floor((rest / 1_000_000) * twoTo32) % twoTo32,
  };
}

/** Middle 32 bits of NTP time, in 1/65536 s: the form of LSR and DLSR. */
export function compactNtp(wallUs: number): number {
  const { seconds, fraction } = ntpTime(wallUs);
  return ((seconds % 65_536) * 65_536 + Math.floor(fraction / 65_536)) >>> 0;
}

/** Round trip in milliseconds from a report block, or undefined when the receiver has seen no sender report. */
export function roundTripMs(nowUs: number, lastSenderReport: number, delaySinceIt: number): number | undefined {
  if (lastSenderReport === 0) return undefined;
  const ticks = (compactNtp(nowUs) - lastSenderReport - delaySinceIt) | 0;
  return ticks < 0 ? 0 : (ticks * 1_000) / 65_536;
}

/** `abs-send-time`: 24 bits of seconds in 6.18 fixed point. @see http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time */
export function absSendTime(wallUs: number): number {
  return Math.floor(((wallUs % 64_000_000) / 1_000_000) * 262_144) & 0xff_ff_ff;
}
