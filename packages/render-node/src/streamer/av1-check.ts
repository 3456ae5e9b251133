import { createAv1Encoder } from './media/av1-encoder.js';
import { obuTypes, readObus } from './rtp/av1-obus.js';

/** What is timed: 720p with detail that moves. */
const options = { width: 1_280, height: 720, fps: 60, bitrateBps: 4_000_000, threads: 1 } as const;
const warmUpPictures = 3;
const timedPictures = 9;

/** Draws waves with a grain on them that move by four pixels a picture: neither still nor noise. */
function draw(plane: Uint8Array, stride: number, picture: number): void {
  for (let row = 0; row < options.height; row++) {
    const wave = 40 * Math.sin((row + 4 * picture) / 23);
    for (let column = 0; column < options.width; column++) {
      const at = column + 4 * picture;
      const grain = ((Math.imul(at * 31 + row * 17, 0x9e37_79b1) >>> 27) & 15) - 8;
      plane[row * stride + column] = 128 + wave + 40 * Math.sin(at / 37) + grain;
    }
  }
}

/**
 * Processor time that AV1 takes for one 720p picture on this machine, milliseconds (median); null when it does not make what streams need: one
 * picture out for each in, a key frame with a sequence header when asked, and only then. Processor time, as a node may start on a busy machine.
 * Never rejects; not for a process that does anything else at the same time.
 */
export async function timeAv1(): Promise<number | null> {
  try {
    const encoder = await createAv1Encoder(options);
    try {
      const [luma, ...chroma] = encoder.frame.data ?? [];
      const [stride = 0] = encoder.frame.linesize;
      if (!luma) return null;
      for (const plane of chroma) plane.fill(128);
      const times: number[] = [];
      for (let at = 0; at < warmUpPictures + timedPictures; at++) {
        draw(luma, stride, at);
        const asked = at === warmUpPictures - 1;
        const before = process.cpuUsage();
        const { keyFrame, data } = await encoder.encode((at * 1_000_000) / options.fps, asked);
        const { user, system } = process.cpuUsage(before);
        if (keyFrame !== (asked || at === 0)) return null;
        if (keyFrame && !readObus(data).some(({ type }) => type === obuTypes.sequenceHeader)) return null;
        if (at >= warmUpPictures) times.push((user + system) / 1_000);
      }
      return times.sort((a, b) => a - b)[timedPictures >> 1] ?? null;
    } finally {
      encoder.close();
    }
  } catch {
    return null;
  }
}
