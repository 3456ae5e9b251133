import { AV_PIX_FMT_YUV420P, SWS_AREA } from 'node-av/constants';
import { type Frame, SoftwareScaleContext } from 'node-av/lib';
import { type ColorConverter, planesFrom } from './color-convert.js';
import type { RowBand } from './damage-band.js';
import { koffi } from './native-library.js';
import type { PictureSize } from './screen-source.js';
import { createInputFrame } from './video-encoder.js';

/** Rows of a picture, and the rows of its scaled copy that are made of them and of no others. */
export interface ScaledBand {
  readonly source: RowBand;
  readonly target: RowBand;
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

/**
 * Widens a band to whole blocks: the fewest rows, even because chroma is sampled in pairs, of which scaling makes whole rows. A row of the copy is made
 * of rows of its own block alone, so blocks can be scaled one by one. Heights without a common ratio are one block. PURE.
 */
export function scaledBand({ top, bottom }: RowBand, fromHeight: number, toHeight: number): ScaledBand {
  const blocks = commonDivisor(fromHeight, toHeight);
  const [from, to] = [(2 * fromHeight) / blocks, (2 * toHeight) / blocks];
  const [first, last] = [Math.floor(top / from), Math.ceil(bottom / from)];
  return {
    source: { top: first * from, bottom: Math.min(fromHeight, last * from) },
    target: { top: first * to, bottom: Math.min(toHeight, last * to) },
  };
}

type Scale = (from: Frame, to: Frame, band: ScaledBand) => void;

/** Means of areas (box filter): halves, quarters and three quarters go through SIMD, other sizes take some times as long. */
const filterBox = 3;

function createLibyuvScale(): Scale {
  const plane = 'uint8_t*, int';
  const planes = `${plane}, ${plane}, ${plane}`;
  const library = koffi.load('libyuv.so.0');
  const i420Scale = library.func(`int I420Scale(${planes}, int, int, ${planes}, int, int, int)`);
  return (from, to, { source, target }) => {
    const before = planesFrom(from, source.top);
    const after = planesFrom(to, target.top);
    if (!before || !after) return;
    const list = ({ planes: [y, u, v], strides: [strideY, strideU, strideV] }: typeof before) =>
      [y, strideY, u, strideU, v, strideV] as const;
    const fromSize = [from.width, source.bottom - source.top] as const;
    const toSize = [to.width, target.bottom - target.top] as const;
    i420Scale(...list(before), ...fromSize, ...list(after), ...toSize, filterBox);
  };
}

function createSwscale(): { readonly scale: Scale; close(): void } {
  let context: SoftwareScaleContext | undefined;
  let sizes = '';
  return {
    scale: (from, to) => {
      const wanted = `${from.width}x${from.height} ${to.width}x${to.height}`;
      if (sizes !== wanted) {
        context?.freeContext();
        context = new SoftwareScaleContext();
        const format = AV_PIX_FMT_YUV420P;
        context.getContext(from.width, from.height, format, to.width, to.height, format, SWS_AREA);
        sizes = wanted;
      }
      const [before, after] = [planesFrom(from, 0), planesFrom(to, 0)];
      if (!before || !after) return;
      const target = [...after.planes];
      context?.scaleSync([...before.planes], [...before.strides], 0, from.height, target, [...after.strides]);
    },
    close: () => context?.freeContext(),
  };
}

/**
 * Makes a converter that fills frames of any size: one that is not as large as the screen gets a scaled picture. Rows are converted in full size as ever, and
 * what became of them is scaled; so the screen, what is painted onto it and the rows that changed know nothing of the size that is sent.
 * @param converter closed with the result
 */
export function createScalingConverter(converter: ColorConverter): ColorConverter {
  const swscale = converter.name === 'swscale' ? createSwscale() : undefined;
  const scale = swscale?.scale ?? createLibyuvScale();
  /** The screen in full size; there while pictures are smaller. */
  let full: Frame | undefined;
  /** Whose pixels {@link full} was made for: it is filled anew for another frame. */
  let filled: PictureSize | undefined;
  const release = () => {
    full?.free();
    full = undefined;
    filled = undefined;
  };
  const fullOf = ({ width, height }: PictureSize): Frame => {
    if (full?.width === width && full.height === height) return full;
    release();
    full = createInputFrame('scaling', { width, height });
    return full;
  };
  return {
    name: converter.name,
    convert: (pixels, band, frame) => {
      if (frame.width === pixels.width && frame.height === pixels.height) {
        release();
        converter.convert(pixels, band, frame);
        return;
      }
      const picture = fullOf(pixels);
      const isKnown = filled?.width === frame.width && filled.height === frame.height;
      const rows = isKnown ? band : { top: 0, bottom: pixels.height };
      filled = { width: frame.width, height: frame.height };
      converter.convert(pixels, rows, picture);
      scale(picture, frame, scaledBand(rows, picture.height, frame.height));
    },
    close: () => {
      release();
      swscale?.close();
      converter.close();
    },
  };
}
