import { FF_ENCODER_H264_NVENC, FF_ENCODER_H264_QSV, FF_ENCODER_H264_VAAPI } from 'node-av/constants';
import type { CodecContext } from 'node-av/lib';
import { openNv12Input, openVaapiInput } from './card-input.js';
import { applyRateBound, type H264Recipe } from './video-encoder.js';

function applyBitrate(context: CodecContext, bitrateBps: number, fps: number): void {
  context.bitRate = BigInt(Math.round(bitrateBps));
  applyRateBound(context, bitrateBps, fps);
}

/**
 * Encoders of graphics cards, best first. Each is used only where a probe has made pictures with it, and x264 takes over when it fails. No test
 * has seen one of them work, because no machine of the tests has such a card.
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
    applyBitrate,
  },
  {
    name: FF_ENCODER_H264_QSV,
    settings: {
      preset: 'veryfast',
      profile: 'baseline',
      scenario: 'displayremoting',
      async_depth: '1',
      look_ahead: '0',
      forced_idr: '1',
      repeat_pps: '1',
    },
    openInput: openNv12Input,
    applyBitrate,
  },
  {
    name: FF_ENCODER_H264_VAAPI,
    settings: { profile: 'constrained_baseline', rc_mode: 'CBR', async_depth: '1', idr_interval: '0' },
    openInput: openVaapiInput,
    // FFmpeg reads the rate when it opens this encoder, and never again.
    fixedRate: true,
    applyBitrate,
  },
];
