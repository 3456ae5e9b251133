import { createVideoEncoder, type H264Recipe } from './media/video-encoder.js';
import { parameterSets } from './publish/parameter-sets.js';

/** A size that all cards take. */
const options = { width: 256, height: 144, fps: 30, bitrateBps: 1_000_000, threads: 1 } as const;

/**
 * Whether an encoder does what streams need on this machine: one picture out for each in, key frames when asked and only then, parameter sets in front of
 * each. Never rejects; a driver may end the process.
 */
export async function makesStreams(recipe: H264Recipe): Promise<boolean> {
  try {
    const encoder = await createVideoEncoder(options, undefined, recipe);
    try {
      for (const plane of encoder.frame.data ?? []) plane.fill(128);
      for (const at of [0, 1, 2, 3]) {
        const asked = at === 2;
        const { keyFrame, data } = await encoder.encode(at * 33_333, asked);
        if (keyFrame !== (asked || at === 0) || (keyFrame && parameterSets(data).length === 0)) return false;
      }
      return true;
    } finally {
      encoder.close();
    }
  } catch {
    return false;
  }
}
