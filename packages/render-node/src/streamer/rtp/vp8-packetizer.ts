import { invariant } from '@cloudstage/protocol';
import type { RtpPayload } from './h264-packetizer.js';

/**
 * Payload descriptors, one byte each: no extension, a picture that others refer to, partition 0. The S bit marks the begin of the picture's
 * first partition. Later partitions need no mark, as a receiver puts the whole picture together before it decodes.
 */
const beginOfPicture = Uint8Array.of(0x10);
const continuation = Uint8Array.of(0x00);

/**
 * Payloads of one VP8 picture, cut into equal parts. They are views of `picture` and valid as long as it is; an empty picture has none. PURE.
 * @see RFC 7741 §4.2 (payload descriptor), §4.1 (marker bit)
 */
export function packetizeVp8(picture: Buffer, maxPayloadBytes: number): RtpPayload[] {
  invariant(maxPayloadBytes >= 64, 'a payload must have room for a fragment');
  const count = Math.ceil(picture.length / (maxPayloadBytes - 1));
  // Equal sizes: the last packet of a picture is not a tiny one that costs a whole header.
  const size = Math.ceil(picture.length / Math.max(1, count));
  const payloads: RtpPayload[] = [];
  for (let offset = 0; offset < picture.length; offset += size) {
    const descriptor = offset === 0 ? beginOfPicture : continuation;
    payloads.push({
      parts: [descriptor, picture.subarray(offset, offset + size)],
      marker: offset + size >= picture.length,
    });
  }
  return payloads;
}
