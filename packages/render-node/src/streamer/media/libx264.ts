import type { Frame } from 'node-av/lib';
import { callOnThread, createEncoderLoader, koffi } from './native-library.js';
import { createInputFrame } from './video-encoder.js';
import {
  checkX264Options,
  x264Failed as failed,
  isKnownLayout,
  newParamBlock,
  x264Param as param,
  secondUs,
  type X264Options,
  x264Quantizers,
  x264Settings,
} from './x264-settings.js';

/**
 * The parts of libx264 (Debian `libx264-164`) that give each picture a quantizer of our choice, called through koffi: FFmpeg's wrapper cannot
 * change that of a running encoder, and any rate control of x264's own needs its half-size pass, a third of the time of a picture. Layouts
 * are those of `x264.h`, build 164, for 64-bit machines; another one is refused.
 */

/** `x264_picture_t`: 240 bytes, with room, and its offsets. */
const picture = {
  bytes: 512,
  type: 0,
  quantizerPlus1: 4,
  keyFrame: 12,
  time: 16,
  colorSpace: 40,
  planeCount: 44,
} as const;
const picturePlanes = { strides: 48, planes: 64 } as const;
/** `x264_nal_t`: offset of the address of its bytes. */
const nal = { bytes: 40, payload: 24 } as const;

const values = { i420: 2, typeAuto: 0, typeIdr: 1 } as const;

/** What the next picture is to be. */
export interface X264Request {
  /** A whole number of {@link x264Quantizers}. */
  readonly quantizer: number;
  readonly forceKeyFrame: boolean;
}

/** One picture out of the encoder. */
export interface X264Picture {
  /** Owned by the receiver: an Annex-B access unit, which starts with SPS and PPS when {@link keyFrame}. */
  readonly data: Buffer;
  readonly keyFrame: boolean;
  /** With which it was coded, as x264 says. */
  readonly quantizer: number;
}

/** An open encoder without reordering or lookahead: one picture in, one picture out. */
export interface X264Encoder {
  /**
   * Encodes the pixels of the frame that it was opened with, on another thread. One call at a time; the pixels must not be written meanwhile.
   * @throws AppError `encoder-failed`, also when no picture comes out, for a bad quantizer and after {@link close}
   */
  encode(request: X264Request): Promise<X264Picture>;
  /** A picture that is being encoded still comes; native state is released after it. */
  close(): void;
}

const load = createEncoderLoader('libx264.so.164', (library) => ({
  defaults: library.func('int x264_param_default_preset(void *, const char *, const char *)'),
  parse: library.func('int x264_param_parse(void *, const char *, const char *)'),
  profile: library.func('int x264_param_apply_profile(void *, const char *)'),
  cleanup: library.func('void x264_param_cleanup(void *)'),
  open: library.func('void *x264_encoder_open_164(void *)'),
  clearPicture: library.func('void x264_picture_init(void *)'),
  encode: library.func('int x264_encoder_encode(void *, void *, void *, void *, void *)'),
  delayed: library.func('int x264_encoder_delayed_frames(void *)'),
  close: library.func('void x264_encoder_close(void *)'),
}));
type Binding = ReturnType<typeof load>;

/** @returns the handle. @throws AppError `encoder-failed` */
function openHandle(library: Binding, options: X264Options): bigint {
  const block = newParamBlock();
  if (library.defaults(block, 'ultrafast', 'zerolatency') !== 0) throw failed('no defaults');
  if (!isKnownLayout(block)) throw failed('another layout than that of build 164');
  try {
    block.writeInt32LE(options.width, param.width);
    block.writeInt32LE(options.height, param.height);
    block.writeInt32LE(values.i420, param.colorSpace);
    block.writeUInt32LE(1, param.timeBaseNum);
    block.writeUInt32LE(secondUs, param.timeBaseDen);
    for (const [key, value] of Object.entries(x264Settings(options))) {
      if (library.parse(block, key, value) !== 0) throw failed(`refused ${key}=${value}`);
    }
    if (library.profile(block, 'baseline') !== 0) throw failed('refused the profile');
    const handle = library.open(block) as bigint | null;
    if (handle === null) throw failed('cannot open');
    return handle;
  } finally {
    // x264 has copied all of it.
    library.cleanup(block);
  }
}

/** An `x264_picture_t` over the planes of a frame, which must outlive its use. @throws AppError `encoder-failed` */
function pictureOf(library: Binding, { linesize, data }: Frame): Buffer {
  const bytes = Buffer.alloc(picture.bytes);
  library.clearPicture(bytes);
  bytes.writeInt32LE(values.i420, picture.colorSpace);
  bytes.writeInt32LE(3, picture.planeCount);
  for (const index of [0, 1, 2]) {
    const plane = data?.[index];
    if (!plane) throw failed('the frame has no data');
    bytes.writeInt32LE(linesize[index] ?? 0, picturePlanes.strides + 4 * index);
    bytes.writeBigUInt64LE(koffi.address(plane), picturePlanes.planes + 8 * index);
  }
  return bytes;
}

/** Native state of one encoder, which x264 keeps addresses of while it encodes. */
interface Parts {
  readonly library: Binding;
  readonly handle: bigint;
  readonly input: Buffer;
  readonly output: Buffer;
  /** Where x264 writes the address of its NAL units, and their number. */
  readonly units: Buffer;
  readonly count: Buffer;
}

/** The bytes are x264's until the next call, one unit after the other: copied. @throws AppError `encoder-failed` */
function takePicture({ library, handle, output, units, count }: Parts, length: number, time: bigint): X264Picture {
  if (length < 0) throw failed('refused a picture');
  if (length === 0 || count.readInt32LE(0) < 1 || library.delayed(handle) !== 0) throw failed('gave no picture');
  if (output.readBigInt64LE(picture.time) !== time) throw failed('gave another picture');
  const first = Buffer.from(koffi.view(units.readBigUInt64LE(0), nal.bytes));
  const data = Buffer.from(koffi.view(first.readBigUInt64LE(nal.payload), length));
  return {
    data: Buffer.from(data),
    keyFrame: output.readInt32LE(picture.keyFrame) !== 0,
    quantizer: output.readInt32LE(picture.quantizerPlus1) - 1,
  };
}

/**
 * Opens an encoder for the pixels of one I420 frame: constrained baseline, `ultrafast`, `zerolatency`, key frames on demand only, SPS and PPS in
 * front of each. Blocks for some milliseconds.
 * @param frame of the encoder's size. It stays the caller's, who may free it at any time: the encoder keeps a reference of its own to the pixels.
 * @throws AppError `encoder-failed`, also where libx264 is not installed or of another build
 */
export function openX264(frame: Frame, options: X264Options): X264Encoder {
  const library = load();
  checkX264Options(frame, options);
  const pixels = createInputFrame('libx264', options, frame);
  const parts = ((): Parts => {
    try {
      const blocks = { input: pictureOf(library, pixels), output: Buffer.alloc(picture.bytes) };
      const results = { units: Buffer.alloc(8), count: Buffer.alloc(8) };
      return { library, handle: openHandle(library, options), ...blocks, ...results };
    } catch (error) {
      pixels.free();
      throw error;
    }
  })();
  const { handle, input, output, units, count } = parts;
  const pictureUs = BigInt(Math.round(secondUs / options.fps));
  let time = 0n;
  let busy = false;
  let open = true;
  const release = () => {
    library.close(handle);
    pixels.free();
  };
  return {
    encode: async ({ quantizer, forceKeyFrame }) => {
      if (!open) throw failed('the encoder is closed');
      if (busy) throw failed('a picture is being encoded');
      const { least, most } = x264Quantizers;
      if (!Number.isInteger(quantizer) || quantizer < least || quantizer > most) throw failed(`quantizer ${quantizer}`);
      busy = true;
      try {
        time += pictureUs;
        input.writeInt32LE(forceKeyFrame ? values.typeIdr : values.typeAuto, picture.type);
        input.writeInt32LE(quantizer + 1, picture.quantizerPlus1);
        input.writeBigInt64LE(time, picture.time);
        return takePicture(parts, await callOnThread(library.encode, handle, units, count, input, output), time);
      } finally {
        busy = false;
        if (!open) release();
      }
    },
    close: () => {
      if (!open) return;
      open = false;
      if (!busy) release();
    },
  };
}
