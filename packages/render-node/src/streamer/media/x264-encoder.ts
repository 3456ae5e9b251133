import { AppError } from '@cloudstage/protocol';
import type { Frame } from 'node-av/lib';
import { openX264 } from './libx264.js';
import { createActivityMeter } from './picture-activity.js';
import { createQuantizerControl } from './quantizer-control.js';
import { createInputFrame, type VideoEncoder, type VideoEncoderOptions } from './video-encoder.js';

/** Name of this encoder in logs. */
export const x264EncoderName = 'x264';

/** Blocks show, and small letters cannot be read. */
const coarseQuantizer = 44;

/**
 * Opens libx264 with a rate control of our own ({@link createQuantizerControl}): x264's needs a pass over the picture at half its size, a
 * third of the time. Key frames on demand, and where a picture would come out too large to send.
 * @param shared frame of another encoder of the same size: both encode its pixels
 * @throws AppError `encoder-failed`, also where libx264 of a known version is not installed
 */
export async function createX264Encoder(options: VideoEncoderOptions, shared?: Frame): Promise<VideoEncoder> {
  const { width, height } = options;
  const frame = createInputFrame(x264EncoderName, options, shared);
  const encoder = (() => {
    try {
      return openX264(frame, options);
    } catch (error) {
      frame.free();
      throw error;
    }
  })();
  const meter = createActivityMeter(width, height);
  const control = createQuantizerControl(options, options.bitrateBps);
  const luma = frame.data?.[0];
  const [stride = 0] = frame.linesize;
  let first = true;
  let open = true;
  const make = async (quantizer: number, forceKeyFrame: boolean) => {
    const { data, keyFrame } = await encoder.encode({ quantizer, forceKeyFrame });
    return { data, keyFrame, quantizer, bits: data.length * 8 };
  };
  return {
    frame,
    options,
    encode: async (captureTimeUs, forceKeyFrame) => {
      if (!luma) throw new AppError('encoder-failed', 'x264: the frame has no data');
      const keyFrame = forceKeyFrame || first;
      first = false;
      const activity = meter.measure(luma, stride);
      let made = await make(control.choose({ activity, keyFrame, timeUs: captureTimeUs }), keyFrame);
      const again = control.again(made);
      if (again !== null) made = await make(again, true);
      control.onPicture(made);
      const { data, keyFrame: isKeyFrame } = made;
      const isCoarse = made.quantizer >= coarseQuantizer;
      return { codec: 'H264' as const, data, keyFrame: isKeyFrame, captureTimeUs, width, height, isCoarse };
    },
    setBitrate: (bitrateBps) => control.setBitrate(bitrateBps),
    close: () => {
      if (!open) return;
      open = false;
      encoder.close();
      frame.free();
    },
  };
}
