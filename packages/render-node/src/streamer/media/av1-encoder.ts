import type { Frame } from 'node-av/lib';
import { type AomConfig, openAom } from './libaom.js';
import { vbvBufferBits } from './rate-control.js';
import { createInputFrame, type VideoEncoder, type VideoEncoderOptions } from './video-encoder.js';
import { createRateClock } from './vp8-clock.js';

/** Name of this encoder in configurations and logs. */
export const av1EncoderName = 'libaom_av1';

/** Time base of the encoder. */
const secondUs = 1_000_000;

/**
 * Ids and values for `aom_codec_control`: the fastest speed, and without the tools that cost more time than they save bits in real time, as
 * browsers choose them for calls; with those for screen content, palettes above all, which keep key frames of text small.
 * @see aomcx.h
 */
const controls = [
  /* AOME_SET_CPUUSED */ [13, 10],
  /* AV1E_SET_TUNE_CONTENT: screen */ [43, 1],
  /* AV1E_SET_ENABLE_PALETTE */ [104, 1],
  /* AV1E_SET_AQ_MODE: cyclic refresh */ [40, 3],
  /* AOME_SET_MAX_INTRA_BITRATE_PCT: as many pictures' share as the buffer holds */ [26, 500],
  /* AV1E_SET_ENABLE_TPL_MODEL */ [35, 0],
  /* AV1E_SET_DELTAQ_MODE */ [107, 0],
  /* AV1E_SET_ENABLE_ORDER_HINT */ [79, 0],
  /* AV1E_SET_COEFF_COST_UPD_FREQ */ [126, 3],
  /* AV1E_SET_MODE_COST_UPD_FREQ */ [127, 3],
  /* AV1E_SET_MV_COST_UPD_FREQ */ [128, 3],
  /* AV1E_SET_ENABLE_OBMC */ [61, 0],
  /* AV1E_SET_ENABLE_WARPED_MOTION */ [96, 0],
  /* AV1E_SET_ENABLE_GLOBAL_MOTION */ [95, 0],
  /* AV1E_SET_ENABLE_REF_FRAME_MVS */ [84, 0],
  /* AV1E_SET_ENABLE_CFL_INTRA */ [101, 0],
  /* AV1E_SET_ENABLE_SMOOTH_INTRA */ [99, 0],
  /* AV1E_SET_ENABLE_ANGLE_DELTA */ [106, 0],
  /* AV1E_SET_ENABLE_FILTER_INTRA */ [98, 0],
  /* AV1E_SET_INTRA_DEFAULT_TX_ONLY */ [121, 1],
  /* AV1E_SET_CDF_UPDATE_MODE */ [44, 1],
  /* AV1E_SET_MATRIX_COEFFICIENTS: BT.601 */ [47, 6],
] as const;

/** Bitrate and buffer, which holds as much as that of the other codecs. */
function rateOf(bitrateBps: number, fps: number): AomConfig {
  const bufferMs = Math.round((vbvBufferBits(bitrateBps, fps) * 1_000) / bitrateBps);
  const optimalMs = Math.round(bufferMs * 0.6);
  const targetKbps = Math.max(1, Math.round(bitrateBps / 1_000));
  return { targetKbps, bufferMs, bufferInitialMs: optimalMs, bufferOptimalMs: optimalMs };
}

/**
 * Opens libaom for AV1: constant bitrate with a bound on quality, a sequence header in front of each key frame, key frames on demand only. A new
 * bitrate counts for the next picture.
 * @param shared frame of another encoder of the same size: both encode its pixels
 * @throws AppError `encoder-failed`, also where libaom is not installed
 */
export async function createAv1Encoder(options: VideoEncoderOptions, shared?: Frame): Promise<VideoEncoder> {
  const { width, height, fps } = options;
  const frame = createInputFrame(av1EncoderName, options, shared);
  let bitrateBps = options.bitrateBps;
  let appliedBps = bitrateBps;
  const encoder = (() => {
    try {
      return openAom(
        frame,
        {
          ...{ width, height, timeBaseNum: 1, timeBaseDen: secondUs },
          // A second thread made pictures no sooner on two busy cores.
          ...{ threads: 1, leastQuantizer: 10, mostQuantizer: 58, undershootPercent: 50, overshootPercent: 50 },
          ...rateOf(bitrateBps, fps),
        },
        controls,
      );
    } catch (error) {
      frame.free();
      throw error;
    }
  })();
  // A picture gets the bits of its time, so the time of a still screen must not count in full.
  const clock = createRateClock(bitrateBps, fps);
  const duration = Math.round(secondUs / fps);
  let open = true;
  return {
    frame,
    options,
    encode: async (captureTimeUs, forceKeyFrame) => {
      if (bitrateBps !== appliedBps) encoder.configure(rateOf(bitrateBps, fps));
      appliedBps = bitrateBps;
      const start = clock.next(captureTimeUs, options.bitrateBps);
      const { data, keyFrame } = await encoder.encode({ start, duration }, forceKeyFrame);
      return { codec: 'AV1' as const, data, keyFrame, captureTimeUs, width, height };
    },
    setBitrate: (value) => {
      bitrateBps = value;
    },
    close: () => {
      if (!open) return;
      open = false;
      encoder.close();
      frame.free();
    },
  };
}
