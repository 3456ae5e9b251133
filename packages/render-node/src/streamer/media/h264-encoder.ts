import type { Frame } from 'node-av/lib';
import type { Logger } from 'pino';
import { createRangedEncoder } from './ranged-encoder.js';
import { createVideoEncoder, type VideoEncoder, type VideoEncoderOptions } from './video-encoder.js';
import { createX264Encoder } from './x264-encoder.js';

/**
 * Makes the opener of H.264 on the processor: libx264 with our rate control where bits are ample, which takes the least time, and with its own where
 * they are scarce, which spends them row by row. It rejects with AppError `encoder-failed` when the one that the bitrate asks for cannot be opened.
 */
export function createH264Opener(logger: Pick<Logger, 'warn'>) {
  const onFailure = (error: unknown) =>
    logger.warn({ err: error }, 'the encoder for another bitrate does not work; the present one goes on');
  return (options: VideoEncoderOptions, shared?: Frame): Promise<VideoEncoder> =>
    createRangedEncoder({ scarce: createVideoEncoder, ample: createX264Encoder, onFailure }, options, shared);
}
