import { buildSenderReport } from './rtcp.js';
import type { RtpStream } from './rtp-stream.js';

/**
 * The sender report that is due of a stream: ties its timestamps to wall time. Null before its first packet.
 * @see RFC 3550 §6.4.1
 */
export function streamReport(stream: RtpStream, wallUs: number, cname: string): Buffer | null {
  const { packets, payloadBytes, lastTimestamp, lastTimestampUs } = stream.counters();
  if (packets === 0) return null;
  const { ssrc, clockRate } = stream.options;
  const elapsed = Math.round(((wallUs - lastTimestampUs) / 1_000_000) * clockRate);
  return buildSenderReport({ ssrc, wallUs, timestamp: (lastTimestamp + elapsed) >>> 0, packets, payloadBytes, cname });
}
