import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import {
  AV_HWDEVICE_TYPE_VAAPI,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_VAAPI,
  AV_PIX_FMT_YUV420P,
  SWS_POINT,
} from 'node-av/constants';
import {
  type CodecContext,
  Frame,
  HardwareDeviceContext,
  HardwareFramesContext,
  SoftwareScaleContext,
} from 'node-av/lib';
import type { EncoderInput, VideoEncoderOptions } from './video-encoder.js';

const check = (code: number, what: string) => {
  if (code < 0) throw new AppError('encoder-failed', `graphics card: ${what}: code ${code}`);
};

/** Surfaces of a card that may be in use at the same time: one being encoded, one that others refer to, and some for the driver. */
const surfaces = 8;

/** The I420 frame as NV12 in main memory, for encoders that upload it themselves. @throws AppError `encoder-failed` */
export function openNv12Input({ width, height }: VideoEncoderOptions, context: CodecContext): EncoderInput {
  context.pixelFormat = AV_PIX_FMT_NV12;
  const scaler = new SoftwareScaleContext();
  const frame = new Frame();
  frame.alloc();
  const close = () => {
    scaler.freeContext();
    frame.free();
  };
  try {
    frame.format = AV_PIX_FMT_NV12;
    frame.width = width;
    frame.height = height;
    check(frame.allocBuffer(), 'cannot allocate a frame');
    scaler.getContext(width, height, AV_PIX_FMT_YUV420P, width, height, AV_PIX_FMT_NV12, SWS_POINT);
  } catch (error) {
    close();
    throw error;
  }
  return {
    take: async (source) => {
      // The encoder may still hold the pixels of the picture before.
      check(frame.makeWritable(), 'cannot write a frame');
      check(await scaler.scaleFrame(frame, source), 'cannot convert a picture');
      return frame;
    },
    close,
  };
}

/** Render nodes of this machine's cards, by number. */
function renderNodes(folder = '/dev/dri'): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^renderD\d+$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function openDevice(paths: readonly string[]): HardwareDeviceContext {
  for (const path of paths) {
    const device = new HardwareDeviceContext();
    if (device.create(AV_HWDEVICE_TYPE_VAAPI, path) >= 0) return device;
    device.free();
  }
  throw new AppError('encoder-failed', `no VA-API device at ${paths.join(', ') || '/dev/dri'}`);
}

function openSurfaces(device: HardwareDeviceContext, { width, height }: VideoEncoderOptions): HardwareFramesContext {
  const frames = new HardwareFramesContext();
  try {
    frames.alloc(device);
    frames.format = AV_PIX_FMT_VAAPI;
    frames.swFormat = AV_PIX_FMT_NV12;
    frames.width = width;
    frames.height = height;
    frames.initialPoolSize = surfaces;
    check(frames.init(), 'no surfaces');
    return frames;
  } catch (error) {
    frames.free();
    throw error;
  }
}

/**
 * The I420 frame as a surface of a card, uploaded for each picture.
 * @param paths devices to try
 * @throws AppError `encoder-failed` where none of them is one
 */
export function openVaapiInput(
  options: VideoEncoderOptions,
  context: CodecContext,
  paths: readonly string[] = renderNodes(),
): EncoderInput {
  const device = openDevice(paths);
  let frames: HardwareFramesContext | undefined;
  let nv12: EncoderInput | undefined;
  const surface = new Frame();
  surface.alloc();
  const close = () => {
    surface.free();
    nv12?.close();
    frames?.free();
    device.free();
  };
  try {
    const pool = openSurfaces(device, options);
    frames = pool;
    const input = openNv12Input(options, context);
    nv12 = input;
    context.pixelFormat = AV_PIX_FMT_VAAPI;
    context.hwFramesCtx = pool;
    return {
      take: async (source) => {
        const pixels = await input.take(source);
        surface.unref();
        check(pool.getBuffer(surface), 'no free surface');
        check(await pool.transferData(surface, pixels), 'cannot upload a picture');
        return surface;
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
