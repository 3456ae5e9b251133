import { invariant } from '@cloudstage/protocol';
import type { Frame } from 'node-av/lib';
import type { Logger } from 'pino';
import type { VideoEncoder, VideoEncoderOptions } from './video-encoder.js';

/** One way to make pictures of a codec. */
export interface EncoderCandidate {
  readonly name: string;
  /** Rejects with AppError `encoder-failed`. */
  readonly open: (options: VideoEncoderOptions, shared?: Frame) => Promise<VideoEncoder>;
}

/**
 * Opens the first candidate that works. One that cannot be opened, or fails later, is left out from then on for the life of this process: the
 * caller opens another encoder after a failure, which is the next candidate and begins with a key frame. The last candidate is never left out.
 * @param candidates best first; one at least
 * @returns an opener that rejects like the last candidate's
 */
export function createEncoderChoice(
  candidates: readonly EncoderCandidate[],
  logger: Pick<Logger, 'warn' | 'info'>,
): EncoderCandidate['open'] {
  const broken = new Set<string>();
  const last = candidates.at(-1);
  invariant(last !== undefined, 'there is an encoder to choose');
  const leaveOut = (encoder: string, error: unknown) => {
    broken.add(encoder);
    logger.warn({ err: error, encoder }, 'this encoder fails and is not used any more');
  };
  const watched = (name: string, encoder: VideoEncoder): VideoEncoder => ({
    ...encoder,
    encode: (captureTimeUs, forceKeyFrame) =>
      encoder.encode(captureTimeUs, forceKeyFrame).catch((error: unknown) => {
        leaveOut(name, error);
        throw error;
      }),
  });
  return async (options, shared) => {
    for (const { name, open } of candidates) {
      if (name === last.name || broken.has(name)) continue;
      try {
        const encoder = await open(options, shared);
        logger.info({ encoder: name }, 'encoder');
        return watched(name, encoder);
      } catch (error) {
        leaveOut(name, error);
      }
    }
    return last.open(options, shared);
  };
}
