import { invariant } from '@cloudstage/protocol';
import { AV_PIX_FMT_BGR0, AV_PIX_FMT_YUV420P, SWS_POINT } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import { SoftwareScaleContext } from 'node-av/lib';
import type { Logger } from 'pino';
import type { RowBand } from './damage-band.js';
import { koffi } from './native-library.js';
import type { MemoryMapper } from './native-memory.js';

/** Where a screen picture lies: 32 bits a pixel, bytes B G R X. */
export interface ScreenPixels {
  readonly address: bigint;
  readonly strideBytes: number;
  /** Even size of the picture. */
  readonly width: number;
  readonly height: number;
}

/** Converts rows of a screen picture into an I420 frame of its size (BT.601, limited range). `close` releases native state. */
export interface ColorConverter {
  readonly name: 'libyuv' | 'swscale';
  convert(pixels: ScreenPixels, band: RowBand, frame: Frame): void;
  close(): void;
}

/** Planes of an I420 frame from row `top`, an even one, on. Undefined for a frame without pixels. */
export function planesFrom(frame: Frame, top: number) {
  const [y, u, v] = frame.data ?? [];
  const [strideY = 0, strideU = 0, strideV = 0] = frame.linesize;
  if (!y || !u || !v) return undefined;
  return {
    planes: [y.subarray(top * strideY), u.subarray((top / 2) * strideU), v.subarray((top / 2) * strideV)] as const,
    strides: [strideY, strideU, strideV] as const,
  };
}

/** A larger picture would run over the native buffer of the frame. */
function checkSize({ width, height }: ScreenPixels, frame: Frame): void {
  invariant(frame.width === width && frame.height === height, 'a frame of the size of the screen');
}

function createLibyuvConverter(): ColorConverter {
  const library = koffi.load('libyuv.so.0');
  const argbToI420 = library.func(
    'int ARGBToI420(uintptr_t, int, uint8_t*, int, uint8_t*, int, uint8_t*, int, int, int)',
  );
  return {
    name: 'libyuv',
    convert: (pixels, { top, bottom }, frame) => {
      checkSize(pixels, frame);
      const { address, strideBytes, width } = pixels;
      const target = planesFrom(frame, top);
      if (!target) return;
      const [y, u, v] = target.planes;
      const [strideY, strideU, strideV] = target.strides;
      const source = address + BigInt(top * strideBytes);
      argbToI420(source, strideBytes, y, strideY, u, strideU, v, strideV, width, bottom - top);
    },
    close: () => undefined,
  };
}

/** Whole pictures, at a multiple of the time. */
export function createSwscaleConverter(memory: MemoryMapper): ColorConverter {
  let context: SoftwareScaleContext | undefined;
  let size = '';
  return {
    name: 'swscale',
    convert: (pixels, _band, frame) => {
      checkSize(pixels, frame);
      const { address, strideBytes, width, height } = pixels;
      if (size !== `${width}x${height}`) {
        context?.freeContext();
        context = new SoftwareScaleContext();
        context.getContext(width, height, AV_PIX_FMT_BGR0, width, height, AV_PIX_FMT_YUV420P, SWS_POINT);
        size = `${width}x${height}`;
      }
      const target = planesFrom(frame, 0);
      if (!target) return;
      const source = memory.view(address, strideBytes * height);
      context?.scaleSync([source], [strideBytes], 0, height, [...target.planes], [...target.strides]);
    },
    close: () => context?.freeContext(),
  };
}

/**
 * libyuv (Debian `libyuv0`) when it is there: it converts 1080p in 0.5 ms with AVX2 where swscale takes several, and can
 * convert only the rows that changed.
 */
export function createColorConverter(memory: MemoryMapper, logger: Logger): ColorConverter {
  try {
    return createLibyuvConverter();
  } catch (error) {
    logger.warn({ err: error }, 'libyuv.so.0 cannot be loaded, colours are converted slowly; install libyuv0');
    return createSwscaleConverter(memory);
  }
}
