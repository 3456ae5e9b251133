import { AppError } from '@cloudstage/protocol';
import { AV_PICTURE_TYPE_I, AV_PICTURE_TYPE_NONE, AV_PKT_FLAG_KEY, FF_ENCODER_LIBVPX_VP8 } from 'node-av/constants';
import { type CodecContext, Dictionary, type Frame, Packet } from 'node-av/lib';
import { vbvBufferBits } from './rate-control.js';
import {
  checkEncoder,
  createInputFrame,
  newContext,
  type VideoEncoder,
  type VideoEncoderOptions,
} from './video-encoder.js';
import { createRateClock, isTooFar } from './vp8-clock.js';

const check = (code: number, what: string) => checkEncoder(FF_ENCODER_LIBVPX_VP8, code, what);

/** Quantizers, 0 to 63: below the first more bits stop being visible on a desktop, so that a quiet picture stays below the target bitrate. */
const quantizers = { best: 10, worst: 60 } as const;

const settings = {
  deadline: 'realtime',
  // Negative: this speed whatever the machine does. Positive ones are chosen anew by the time that pictures take.
  'cpu-used': '-12',
  'lag-in-frames': '0',
  'auto-alt-ref': '0',
  'screen-content-mode': '1',
  // A picture whose reference is lost is not decoded anyway: it is sent again, or a key frame is made.
  'error-resilient': '0',
  /** Per cent of a picture's share that a key frame may take: as many as the buffer holds. */
  'max-intra-rate': '500',
} as const;

async function openContext(options: VideoEncoderOptions): Promise<CodecContext> {
  // libvpx waits for its threads by spinning: two took ten times as long as one on busy cores.
  const { context, codec } = newContext(FF_ENCODER_LIBVPX_VP8, { ...options, threads: 1 });
  const bitrateBps = BigInt(Math.round(options.bitrateBps));
  // Least, most and mean rate alike are how FFmpeg names constant bitrate.
  context.bitRate = bitrateBps;
  context.rcMinRate = bitrateBps;
  context.rcMaxRate = bitrateBps;
  context.rcBufferSize = vbvBufferBits(options.bitrateBps, options.fps);
  context.qMin = quantizers.best;
  context.qMax = quantizers.worst;
  const opened = await context.open2(codec, Dictionary.fromObject(settings));
  if (opened < 0) context.freeContext();
  check(opened, 'cannot open');
  return context;
}

/**
 * Opens libvpx for VP8: constant bitrate with a bound on quality, one token partition, key frames on demand only.
 * @param shared frame of another encoder of the same size: both encode its pixels
 * @throws AppError `encoder-failed`
 */
export async function createVp8Encoder(options: VideoEncoderOptions, shared?: Frame): Promise<VideoEncoder> {
  let context = await openContext(options);
  let nominalBps = options.bitrateBps;
  let clock = createRateClock(nominalBps, options.fps);
  let frame: Frame;
  try {
    frame = createInputFrame(FF_ENCODER_LIBVPX_VP8, options, shared);
  } catch (error) {
    context.freeContext();
    throw error;
  }
  const packet = new Packet();
  packet.alloc();
  let bitrateBps = options.bitrateBps;
  let open = true;
  const reopen = async () => {
    const next = await openContext({ ...options, bitrateBps });
    context.freeContext();
    context = next;
    nominalBps = bitrateBps;
    clock = createRateClock(nominalBps, options.fps);
  };
  return {
    frame,
    options,
    encode: async (captureTimeUs, forceKeyFrame) => {
      if (isTooFar(nominalBps, bitrateBps)) await reopen();
      frame.pts = BigInt(clock.next(captureTimeUs, bitrateBps));
      frame.pictType = forceKeyFrame ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      check(await context.sendFrame(frame), 'refused a picture');
      check(context.receivePacketSync(packet), 'gave no picture');
      const data = packet.data;
      if (!data) throw new AppError('encoder-failed', 'libvpx gave an empty picture');
      const { width, height } = options;
      const keyFrame = (packet.flags & AV_PKT_FLAG_KEY) !== 0;
      const picture = { codec: 'VP8' as const, data: Buffer.from(data), keyFrame, captureTimeUs, width, height };
      packet.unref();
      return picture;
    },
    setBitrate: (value) => {
      bitrateBps = value;
    },
    close: () => {
      if (!open) return;
      open = false;
      context.freeContext();
      packet.free();
      frame.free();
    },
  };
}
