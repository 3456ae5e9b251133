import { randomBytes } from 'node:crypto';
import type { RtpStreamOptions } from '../rtp/rtp-stream.js';
import type { LocalStream } from './sdp-answer.js';
import type { OfferedMedia } from './sdp-offer.js';

/** A stream of ours with identifiers that nobody else has. @see RFC 3550 §8.1 */
export const newStream = (): LocalStream => {
  const bytes = randomBytes(12);
  return { ssrc: bytes.readUInt32BE(0) || 1, rtxSsrc: bytes.readUInt32BE(4) || 2, fecSsrc: bytes.readUInt32BE(8) || 3 };
};

/** How a stream of ours is sent, as it was negotiated. `clockRate` in Hz. */
export function streamOptions(media: OfferedMedia, stream: LocalStream, clockRate: number): RtpStreamOptions {
  const { payloadType, rtxPayloadType, fecPayloadType, redPayloadType } = media.codec;
  return {
    mid: media.mid,
    ssrc: stream.ssrc,
    payloadType,
    clockRate,
    extensions: media.extensions,
    firstSequenceNumber: randomBytes(2).readUInt16BE(0),
    ...(rtxPayloadType === undefined ? {} : { rtx: { ssrc: stream.rtxSsrc, payloadType: rtxPayloadType } }),
    ...(fecPayloadType === undefined ? {} : { fec: { ssrc: stream.fecSsrc, payloadType: fecPayloadType } }),
    ...(redPayloadType === undefined ? {} : { redPayloadType }),
  };
}
