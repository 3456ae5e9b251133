import type { Frame } from 'node-av/lib';
import type { EncoderCandidate } from './encoder-choice.js';
import { createInputFrame, type VideoEncoder, type VideoEncoderOptions } from './video-encoder.js';

/** Two ways to make pictures of one codec: where bits are scarce, and where they are not. */
export interface EncoderRanges {
  readonly scarce: EncoderCandidate['open'];
  readonly ample: EncoderCandidate['open'];
  /** The other one does not work, and is not tried again: this one goes on. */
  readonly onFailure: (error: unknown) => void;
}

type Range = 'scarce' | 'ample';

/**
 * Bits for each pixel of the target. Below the first every bit must go where it is seen, above the second time counts more. Between them the
 * encoder that is at work stays: a change costs a key frame.
 */
const bitsPerPixel = { scarce: 0.055, ample: 0.075 } as const;
/** A target that has risen must stay so long. One that has fallen is followed at once. */
const ampleForUs = 2_000_000;

/** Which encoder suits a bitrate. PURE apart from its memory. */
export function createRangeChoice({ width, height, fps }: VideoEncoderOptions): {
  /** For the next picture. @param timeUs of a clock that never goes back */
  choose(bitrateBps: number, timeUs: number): Range;
} {
  let range: Range | undefined;
  let ampleSinceUs: number | undefined;
  return {
    choose: (bitrateBps, timeUs) => {
      const bits = bitrateBps / (width * height * fps);
      range ??= bits < bitsPerPixel.ample ? 'scarce' : 'ample';
      if (bits < bitsPerPixel.ample) ampleSinceUs = undefined;
      else ampleSinceUs ??= timeUs;
      if (bits < bitsPerPixel.scarce) range = 'scarce';
      else if (ampleSinceUs !== undefined && timeUs - ampleSinceUs >= ampleForUs) range = 'ample';
      return range;
    },
  };
}

/** The encoder of another range on its way: opened and warm, as the first picture of a fresh one takes up to 80 ms at 1080p. */
interface Successor {
  readonly range: Range;
  /** When it is warm. */
  encoder: VideoEncoder | undefined;
}

/**
 * An encoder that hands over to another when its bitrate comes into the other's range. The one that takes over begins with a key frame; until it is
 * warm, the former goes on.
 * @param shared frame of another encoder of the same size: both encode its pixels
 * @throws AppError `encoder-failed` when the first cannot be opened
 */
export async function createRangedEncoder(
  ranges: EncoderRanges,
  options: VideoEncoderOptions,
  shared?: Frame,
): Promise<VideoEncoder> {
  const choice = createRangeChoice(options);
  const frame = createInputFrame('input', options, shared);
  let { bitrateBps } = options;
  let range = choice.choose(bitrateBps, 0);
  let successor: Successor | undefined;
  let closed = false;
  let current = await ranges[range](options, frame).catch((error: unknown) => {
    frame.free();
    throw error;
  });
  const prepare = async (next: Successor, timeUs: number) => {
    // The frame may be freed meanwhile.
    const pixels = createInputFrame('input', options, frame);
    let encoder: VideoEncoder | undefined;
    try {
      encoder = await ranges[next.range]({ ...options, bitrateBps }, pixels);
      // A picture that nobody gets. That the pixels may change under it does not matter.
      await encoder.encode(timeUs, true);
      if (!closed) next.encoder = encoder;
    } finally {
      pixels.free();
      if (encoder && !next.encoder) encoder.close();
    }
  };
  const follow = (timeUs: number) => {
    const wanted = choice.choose(bitrateBps, timeUs);
    if (successor || wanted === range) return;
    successor = { range: wanted, encoder: undefined };
    prepare(successor, timeUs).catch(ranges.onFailure);
  };
  /** @returns whether another encoder makes the next picture */
  const handOver = (): boolean => {
    const next = successor;
    if (!next?.encoder) return false;
    successor = undefined;
    current.close();
    current = next.encoder;
    range = next.range;
    current.setBitrate(bitrateBps);
    return true;
  };
  return {
    frame,
    options,
    encode: (captureTimeUs, forceKeyFrame) => {
      const isNew = handOver();
      follow(captureTimeUs);
      return current.encode(captureTimeUs, forceKeyFrame || isNew);
    },
    setBitrate: (value) => {
      bitrateBps = value;
      current.setBitrate(value);
    },
    close: () => {
      if (closed) return;
      closed = true;
      current.close();
      successor?.encoder?.close();
      frame.free();
    },
  };
}
