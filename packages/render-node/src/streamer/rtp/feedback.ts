import { isAppError } from '@cloudstage/protocol';
import { rtpLimits } from './limits.js';
import { parseRtcp, type RtcpEvent } from './rtcp.js';

/**
 * Reads the RTCP of one peer. The WebRTC library hands one datagram to every track whose SSRC it mentions, so the same
 * bytes within a few milliseconds count once.
 */
export interface FeedbackReader {
  /** Events of a datagram; none when it is a repetition or malformed. */
  read(datagram: Buffer, nowUs: number): readonly RtcpEvent[];
  readonly malformed: number;
}

/** Creates a reader with a small ring of recent datagrams. */
export function createFeedbackReader(): FeedbackReader {
  const recent: { readonly bytes: Buffer; readonly atUs: number }[] = [];
  let malformed = 0;
  return {
    read: (datagram, nowUs) => {
      const repeated = recent.some(
        (entry) => nowUs - entry.atUs < rtpLimits.duplicateWindowUs && entry.bytes.equals(datagram),
      );
      if (repeated) return [];
      recent.push({ bytes: datagram, atUs: nowUs });
      if (recent.length > rtpLimits.duplicateRing) recent.shift();
      try {
        return parseRtcp(datagram);
      } catch (error) {
        if (!isAppError(error, 'rtcp-malformed')) throw error;
        malformed++;
        return [];
      }
    },
    get malformed() {
      return malformed;
    },
  };
}
