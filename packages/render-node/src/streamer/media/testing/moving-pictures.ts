import type { EncodedPicture, VideoEncoder } from '../video-encoder.js';

/** Rate at which {@link encodeMoving} makes pictures. */
export const movingFps = 50;

type Drawable = Pick<VideoEncoder, 'frame'>;

/** By frame: what is drawn must not depend on which tests ran in this process before. */
const drawn = new WeakMap<VideoEncoder['frame'], number>();

/** Number of pictures drawn so far into the frame of an encoder. */
export const picturesDrawn = ({ frame }: Drawable): number => drawn.get(frame) ?? 0;

/** Fills the frame with detail that moves: as many bits are used as there are. */
export function drawMoving({ frame }: Drawable): void {
  const [y] = frame.data ?? [];
  const [stride = 0] = frame.linesize;
  let seed = picturesDrawn({ frame }) + 1;
  drawn.set(frame, seed);
  for (let at = 0; y && at < stride * frame.height; at++) {
    // Exact: rounded as a double, some pictures repeat themselves after a few thousand pixels.
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    y[at] = 100 + ((seed >> 16) & 31);
  }
}

/** Encodes pictures that move. */
export async function encodeMoving(encoder: VideoEncoder, count: number): Promise<EncodedPicture[]> {
  const made: EncodedPicture[] = [];
  for (let index = 0; index < count; index++) {
    drawMoving(encoder);
    made.push(await encoder.encode(picturesDrawn(encoder) * (1_000_000 / movingFps), false));
  }
  return made;
}

/** Bitrate of these pictures. */
export const mbps = (made: readonly EncodedPicture[]): number =>
  (made.reduce((sum, { data }) => sum + data.length, 0) * 8 * movingFps) / made.length / 1_000_000;
