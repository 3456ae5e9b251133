import type { EncodedPicture, VideoEncoder } from '../video-encoder.js';

/** Rate at which {@link encodeMoving} makes pictures. */
export const movingFps = 50;

let pictures = 0;

/** Number of pictures drawn so far, in this process. */
export const picturesDrawn = (): number => pictures;

/** Fills the frame with detail that moves: as many bits are used as there are. */
export function drawMoving({ frame }: Pick<VideoEncoder, 'frame'>): void {
  const [y] = frame.data ?? [];
  const [stride = 0] = frame.linesize;
  let seed = ++pictures;
  for (let at = 0; y && at < stride * frame.height; at++) {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    y[at] = 100 + ((seed >> 16) & 31);
  }
}

/** Encodes pictures that move. */
export async function encodeMoving(encoder: VideoEncoder, count: number): Promise<EncodedPicture[]> {
  const made: EncodedPicture[] = [];
  for (let index = 0; index < count; index++) {
    drawMoving(encoder);
    made.push(await encoder.encode(pictures * (1_000_000 / movingFps), false));
  }
  return made;
}

/** Bitrate of these pictures. */
export const mbps = (made: readonly EncodedPicture[]): number =>
  (made.reduce((sum, { data }) => sum + data.length, 0) * 8 * movingFps) / made.length / 1_000_000;
