import type { RtpPayload } from './h264-packetizer.js';
import { redParts, type SentSound } from './redundancy.js';
import type { RtpStreamOptions } from './rtp-stream.js';

/** Losses from which on sound is sent twice: one gap in three seconds. */
const redundantLoss = 0.003;

/**
 * Makes payloads of sound, which cannot wait for retransmission: on a path with losses each packet carries the one before once more, where
 * negotiated. PURE apart from its memory.
 */
export function createSoundPayloads({ payloadType, redPayloadType }: RtpStreamOptions) {
  let last: SentSound | undefined;
  return (sound: SentSound, talkSpurtStart: boolean, loss: number): RtpPayload => {
    const before = talkSpurtStart ? undefined : last;
    last = sound;
    if (redPayloadType === undefined || loss <= redundantLoss)
      return { parts: [sound.payload], marker: talkSpurtStart };
    return { parts: redParts(payloadType, sound, before), marker: talkSpurtStart, payloadType: redPayloadType };
  };
}
