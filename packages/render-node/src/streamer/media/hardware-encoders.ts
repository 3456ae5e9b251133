import { FF_ENCODER_H264_NVENC } from 'node-av/constants';
import { vbvBufferBits } from './rate-control.js';
import type { H264Recipe } from './video-encoder.js';

/**
 * Encoders of graphics cards that take pictures from main memory, best first. Each is used only where a probe has made pictures with it, and
 * x264 takes over when it fails. No test has seen one of them work, because no machine of the tests has such a card.
 */
export const hardwareRecipes: readonly H264Recipe[] = [
  {
    name: FF_ENCODER_H264_NVENC,
    settings: {
      preset: 'p1',
      tune: 'ull',
      profile: 'baseline',
      zerolatency: '1',
      delay: '0',
      rc: 'cbr',
      'forced-idr': '1',
    },
    applyBitrate: (context, bitrateBps, fps) => {
      context.bitRate = BigInt(Math.round(bitrateBps));
      context.rcMaxRate = BigInt(Math.round(bitrateBps));
      context.rcBufferSize = vbvBufferBits(bitrateBps, fps);
    },
  },
];
