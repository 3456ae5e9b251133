import { buildVoiceReceived, mediaSocketLimits, type VoiceMessage } from '@cloudstage/protocol';
import { streamerLimits } from '../limits.js';
import type { VoicePacket } from '../media/microphone.js';
import { createTokenBucket } from './token-bucket.js';

/** What {@link createSocketVoice} works with. */
export interface SocketVoiceDeps {
  /** Viewers are heard by nobody. */
  readonly isHeard: boolean;
  /** Sends one message to the client. */
  readonly send: (message: Uint8Array) => void;
  readonly onVoice: (packet: VoicePacket) => void;
}

/**
 * Takes the packets of one client's microphone from its WebSocket. Every fifth is acknowledged, heard or not: that bounds what a client has on its way,
 * since what waits in the buffers of TCP is too late to be heard, and in front of the user's input.
 * @returns takes one message; `nowMs` is of any monotonic clock
 */
export function createSocketVoice({ isHeard, send, onVoice }: SocketVoiceDeps) {
  const budget = createTokenBucket(streamerLimits.voicePerSecond);
  let unacknowledged = 0;
  return ({ sequenceNumber, data }: VoiceMessage, nowMs: number): void => {
    unacknowledged += 1;
    if (unacknowledged >= mediaSocketLimits.voicePerReceipt) {
      unacknowledged = 0;
      send(buildVoiceReceived(sequenceNumber));
    }
    if (!isHeard || !budget.take(1, nowMs)) return;
    const payload = Buffer.from(data.buffer, data.byteOffset, data.length);
    onVoice({ sequenceNumber, payload, comesInBursts: true });
  };
}
