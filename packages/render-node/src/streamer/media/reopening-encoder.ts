import type { Frame } from 'node-av/lib';
import {
  createInputFrame,
  createVideoEncoder,
  type H264Recipe,
  type VideoEncoder,
  type VideoEncoderOptions,
} from './video-encoder.js';

/** Falls count soon, as they end a queue; raises wait, as each costs a key frame. */
const rules = { fall: 0.85, raise: 1.4, raiseEveryUs: 2_000_000, fallEveryUs: 250_000 } as const;

/** Whether a new encoder is worth its key frame. PURE. @param sinceUs time since the last one was opened */
export function isWorthReopening(openedBps: number, targetBps: number, sinceUs: number): boolean {
  if (targetBps < openedBps * rules.fall) return sinceUs >= rules.fallEveryUs;
  return targetBps > openedBps * rules.raise && sinceUs >= rules.raiseEveryUs;
}

/**
 * An encoder of a kind whose bitrate cannot be changed while it runs: another one takes over when the target has moved far enough.
 * @param name for messages
 * @param open opens one that encodes the pixels of the frame; rejects with AppError `encoder-failed`
 * @param shared frame of another encoder of the same size: both encode its pixels
 */
export async function createReopeningEncoder(
  name: string,
  options: VideoEncoderOptions,
  open: (options: VideoEncoderOptions, shared: Frame) => Promise<VideoEncoder>,
  shared?: Frame,
): Promise<VideoEncoder> {
  const frame = createInputFrame(name, options, shared);
  let bitrateBps = options.bitrateBps;
  let openedUs: number | undefined;
  let closed = false;
  let encoder = await open(options, frame).catch((error: unknown) => {
    frame.free();
    throw error;
  });
  return {
    frame,
    options,
    encode: async (captureTimeUs, forceKeyFrame) => {
      openedUs ??= captureTimeUs;
      if (isWorthReopening(encoder.options.bitrateBps, bitrateBps, captureTimeUs - openedUs)) {
        const next = await open({ ...options, bitrateBps }, frame);
        encoder.close();
        encoder = next;
        openedUs = captureTimeUs;
      }
      return encoder.encode(captureTimeUs, forceKeyFrame);
    },
    setBitrate: (value) => {
      bitrateBps = value;
    },
    close: () => {
      if (closed) return;
      closed = true;
      encoder.close();
      frame.free();
    },
  };
}

/** Opens the encoder of a recipe, whose bitrate can be changed in any case. Rejects with AppError `encoder-failed`. */
export function openRecipe(recipe: H264Recipe, options: VideoEncoderOptions, shared?: Frame): Promise<VideoEncoder> {
  if (!recipe.fixedRate) return createVideoEncoder(options, shared, recipe);
  const open = (wanted: VideoEncoderOptions, frame: Frame) => createVideoEncoder(wanted, frame, recipe);
  return createReopeningEncoder(recipe.name, options, open, shared);
}
