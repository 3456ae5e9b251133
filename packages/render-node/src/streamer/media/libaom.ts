import { AppError } from '@cloudstage/protocol';
import type { Frame } from 'node-av/lib';
import { callOnThread, createEncoderLoader, koffi } from './native-library.js';

/**
 * The parts of libaom (Debian `libaom3`) that encoding in real time takes, called through koffi: FFmpeg's wrappers of AV1 encoders cannot change
 * the bitrate of a running one. Layouts are those of `aom_encoder.h` for 64-bit machines; `aom_codec_enc_init_ver` refuses another version of
 * them.
 */

/** `AOM_ENCODER_ABI_VERSION` of libaom 3.6. */
const abiVersion = 29;
/** Room for `aom_codec_enc_cfg_t`: twice what 3.6 needs, as the defaults are written before the version is compared. */
const configBytes = 2_048;
/** Offsets of the numbers of `aom_codec_enc_cfg_t` that are set. */
const configOffsets = {
  threads: 4,
  width: 12,
  height: 16,
  timeBaseNum: 40,
  timeBaseDen: 44,
  lagInFrames: 56,
  rateControl: 96,
  targetKbps: 136,
  leastQuantizer: 140,
  mostQuantizer: 144,
  undershootPercent: 148,
  overshootPercent: 152,
  bufferMs: 156,
  bufferInitialMs: 160,
  bufferOptimalMs: 164,
  keyFrameMode: 184,
} as const;
/** `aom_codec_ctx_t` is 56 bytes. */
const contextBytes = 64;
/** `aom_image_t`: its size and the offsets of what the encoder reads. */
const image = { bytes: 168, format: 0, width: 28, height: 32, bitDepth: 36, shownWidth: 40, shownHeight: 44 } as const;
const imagePlanes = { chromaShiftX: 56, chromaShiftY: 60, planes: 64, strides: 88 } as const;
/** `aom_codec_cx_pkt_t`. */
const packet = { bytes: 48, kind: 0, data: 8, length: 16, flags: 40 } as const;

const values = { realtime: 1, cbr: 1, i420: 0x102, framePacket: 0, forceKeyFrame: 1, isKeyFrame: 1 } as const;

/** Numbers of `aom_codec_enc_cfg_t`. */
export type AomConfig = Readonly<Partial<Record<keyof typeof configOffsets, number>>>;

/** One picture out of the encoder: a temporal unit in the low-overhead format (AV1 specification §5). */
export interface AomPicture {
  readonly data: Buffer;
  readonly keyFrame: boolean;
}

/** An open encoder. One call at a time. */
export interface AomEncoder {
  /** Changes the running encoder. @throws AppError `encoder-failed` */
  configure(change: AomConfig): void;
  /**
   * Encodes the pixels of the frame that it was opened with, on another thread.
   * @param times in the configured time base
   * @throws AppError `encoder-failed`, also when no picture comes out
   */
  encode(times: { readonly start: number; readonly duration: number }, forceKeyFrame: boolean): Promise<AomPicture>;
  close(): void;
}

const load = createEncoderLoader('libaom.so.3', (library) => ({
  interface: library.func('void *aom_codec_av1_cx(void)'),
  defaults: library.func('int aom_codec_enc_config_default(void *, void *, unsigned int)'),
  init: library.func('int aom_codec_enc_init_ver(void *, void *, void *, long, int)'),
  configure: library.func('int aom_codec_enc_config_set(void *, void *)'),
  control: library.func('int aom_codec_control(void *, int, ...)'),
  encode: library.func('int aom_codec_encode(void *, void *, int64_t, unsigned long, long)'),
  packet: library.func('void *aom_codec_get_cx_data(void *, void *)'),
  destroy: library.func('int aom_codec_destroy(void *)'),
  text: library.func('const char *aom_codec_err_to_string(int)'),
}));
type Binding = ReturnType<typeof load>;

/** An `aom_image_t` over the planes of a frame. Both must outlive its use. */
function imageOf(frame: Frame): Buffer {
  const bytes = Buffer.alloc(image.bytes);
  const { width, height, linesize, data } = frame;
  bytes.writeUInt32LE(values.i420, image.format);
  bytes.writeUInt32LE(8, image.bitDepth);
  for (const at of [image.width, image.shownWidth]) bytes.writeUInt32LE(width, at);
  for (const at of [image.height, image.shownHeight]) bytes.writeUInt32LE(height, at);
  for (const at of [imagePlanes.chromaShiftX, imagePlanes.chromaShiftY]) bytes.writeUInt32LE(1, at);
  for (const index of [0, 1, 2]) {
    const plane = data?.[index];
    if (!plane) throw new AppError('encoder-failed', 'libaom: the frame has no data');
    bytes.writeBigUInt64LE(koffi.address(plane), imagePlanes.planes + 8 * index);
    bytes.writeInt32LE(linesize[index] ?? 0, imagePlanes.strides + 4 * index);
  }
  return bytes;
}

function write(config: Buffer, change: AomConfig): void {
  for (const [name, value] of Object.entries(change)) {
    config.writeUInt32LE(value, configOffsets[name as keyof typeof configOffsets]);
  }
}

/** Takes the pictures that the encoder has ready; one is expected, and its bytes are copied. */
function takePicture(library: Binding, context: Buffer): AomPicture {
  const iterator = Buffer.alloc(8);
  let picture: AomPicture | undefined;
  for (;;) {
    const address = library.packet(context, iterator);
    if (address === null) break;
    const head = Buffer.from(koffi.view(address, packet.bytes));
    if (head.readUInt32LE(packet.kind) !== values.framePacket) continue;
    if (picture) throw new AppError('encoder-failed', 'libaom gave more than one picture');
    const data = koffi.view(head.readBigUInt64LE(packet.data), Number(head.readBigUInt64LE(packet.length)));
    const keyFrame = (head.readUInt32LE(packet.flags) & values.isKeyFrame) !== 0;
    picture = { data: Buffer.from(Buffer.from(data)), keyFrame };
  }
  if (!picture) throw new AppError('encoder-failed', 'libaom gave no picture');
  return picture;
}

/**
 * Opens an encoder for one frame, which stays the caller's and must be closed after it.
 * @param controls numbers for `aom_codec_control` by their ids; one that this library refuses is an error
 * @throws AppError `encoder-failed`
 */
export function openAom(frame: Frame, config: AomConfig, controls: readonly (readonly [number, number])[]): AomEncoder {
  const library = load();
  const check = (code: number, what: string) => {
    if (code !== 0) throw new AppError('encoder-failed', `libaom: ${what}: ${library.text(code)}`);
  };
  const codec = library.interface();
  // libaom keeps the addresses of all three: they are not moved, and referenced as long as the encoder is.
  const settings = Buffer.alloc(configBytes);
  const context = Buffer.alloc(contextBytes);
  const picture = imageOf(frame);
  const planes = frame.data;
  check(library.defaults(codec, settings, values.realtime), 'no defaults');
  write(settings, { rateControl: values.cbr, lagInFrames: 0, keyFrameMode: 0, ...config });
  check(library.init(context, codec, settings, 0, abiVersion), 'cannot open');
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    library.destroy(context);
  };
  try {
    for (const [id, value] of controls) check(library.control(context, id, 'int', value), `control ${id}`);
  } catch (error) {
    close();
    throw error;
  }
  return {
    configure: (change) => {
      write(settings, change);
      check(library.configure(context, settings), 'refused new settings');
    },
    encode: async ({ start, duration }, forceKeyFrame) => {
      if (!open || !planes) throw new AppError('encoder-failed', 'libaom: the encoder is closed');
      const flags = forceKeyFrame ? values.forceKeyFrame : 0;
      const code = await callOnThread(library.encode, context, picture, start, duration, flags);
      check(code, 'refused a picture');
      return takePicture(library, context);
    },
    close,
  };
}
