import type { PlayoutDelay } from './rtp-packet.js';
import type { PictureExtras } from './rtp-stream.js';

/** When the encoder had a picture, and when the packetizer was done; server wall clock, microseconds. */
export interface PictureTimes {
  readonly encodeStartUs: number;
  readonly encodeEndUs: number;
  readonly packetizedUs: number;
}

/** Between two pictures that tell the receiver their timing, as in Chromium's own sender. */
const timingIntervalUs = 200_000;

const atOnce = (): PlayoutDelay => ({ minMs: 0, maxMs: 0 });

/** Makes what the packets of each picture tell the receiver besides. PURE apart from remembering the last timing. */
export function createPictureExtras(playoutDelay: () => PlayoutDelay = atOnce) {
  let lastTimingUs = Number.NEGATIVE_INFINITY;
  return ({
    captureTimeUs,
    times,
  }: {
    readonly captureTimeUs: number;
    readonly times?: PictureTimes;
  }): PictureExtras => {
    const start = { captureTimeUs, playoutDelay: playoutDelay() };
    const isTimed = times !== undefined && captureTimeUs - lastTimingUs >= timingIntervalUs;
    if (isTimed) lastTimingUs = captureTimeUs;
    return { start, timing: isTimed ? { captureTimeUs, ...times } : undefined, encodedUs: times?.encodeEndUs };
  };
}
