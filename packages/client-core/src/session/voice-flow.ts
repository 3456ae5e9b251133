import { mediaSocketLimits } from '@cloudstage/protocol';
import { clientLimits } from '../limits.js';

/** Numbers the packets of a voice on a WebSocket, and bounds what is under way. PURE apart from its memory. */
export interface VoiceFlow {
  /**
   * Number of the next packet; null when it is to be dropped, because too much waits: TCP would bring it late, in front of the user's input.
   * @param bufferedBytes what the socket has taken and not sent
   */
  take(bufferedBytes: number): number | null;
  /** The server has got the packet of this number. Numbers that were not sent are ignored. */
  onReceived(sequenceNumber: number): void;
}

const distance = (from: number, to: number) => (to - from) & 0xffff;

/** Creates the flow of one connection. */
export function createVoiceFlow(): VoiceFlow {
  let next = 0;
  /** One after the newest that has arrived. */
  let arrived = 0;
  return {
    take(bufferedBytes) {
      const isFull = distance(arrived, next) >= mediaSocketLimits.voiceInFlight;
      if (isFull || bufferedBytes > clientLimits.voiceBacklogBytes) return null;
      const sequenceNumber = next;
      next = (next + 1) & 0xffff;
      return sequenceNumber;
    },
    onReceived(sequenceNumber) {
      const after = (sequenceNumber + 1) & 0xffff;
      if (distance(after, next) < distance(arrived, next)) arrived = after;
    },
  };
}
