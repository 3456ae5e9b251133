import { AppError } from '@cloudstage/protocol';
import type { Frame } from 'node-av/lib';
import type { X11Display } from '../../x11/display.js';
import type { X11DamageNotify } from '../../x11/extension-types.js';
import type { ColorConverter } from './color-convert.js';
import { createDamageBand, type RowBand } from './damage-band.js';
import type { MemoryMapper, SharedMapping } from './native-memory.js';

/** Durations of one grab in milliseconds. */
export interface GrabTimings {
  readonly captureMs: number;
  readonly convertMs: number;
}

/** Even picture size. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The screen as a source of I420 pictures, with notice of changes. Owns its shared memory and its DAMAGE object. */
export interface ScreenSource {
  /** Size of the picture: the screen's, rounded down to even. */
  size(): PictureSize;
  /** Starts to report changes; everything counts as changed. */
  start(): void;
  stop(): void;
  /** Marks rows as changed by hand (pointer drawing). */
  invalidate(top: number, height: number): void;
  invalidateAll(): void;
  /** Lets the next change be reported although none of the last ones has been read; else only a larger area would be. */
  awaitMore(): void;
  /**
   * Brings the rows that changed into `frame`, which must hold the previous picture. A frame of another size than the screen's gets a scaled picture.
   * @returns null when nothing had changed. One call at a time.
   */
  grab(frame: Frame): Promise<GrabTimings | null>;
  close(): void;
}

/** What a source needs. `paint` may change pixels of the rows that are about to be converted. */
export interface ScreenSourceDeps {
  readonly display: X11Display;
  readonly memory: MemoryMapper;
  readonly converter: ColorConverter;
  readonly onDamage: () => void;
  readonly paint: (pixels: Buffer, strideBytes: number, size: PictureSize, band: RowBand) => void;
}

const allPlanes = 0xffff_ffff;
const bytesPerPixel = 4;

interface Segment {
  readonly id: number;
  readonly mapping: SharedMapping;
  readonly pixels: Buffer;
  readonly size: PictureSize;
}

function createSegmentKeeper({ display, memory }: ScreenSourceDeps) {
  let segment: Segment | undefined;
  const release = () => {
    if (!segment) return;
    if (!display.isClosed) display.detachSharedMemory(segment.id);
    segment.mapping.close();
    segment = undefined;
  };
  const ensure = async (size: PictureSize): Promise<Segment> => {
    if (segment && !isNew(size)) return segment;
    release();
    const mapping = memory.map(size.width * size.height * bytesPerPixel);
    try {
      const id = await display.attachSharedMemory(mapping.fd);
      segment = { id, mapping, pixels: memory.view(mapping.address, mapping.bytes), size };
      return segment;
    } catch (error) {
      mapping.close();
      throw error;
    }
  };
  /** A picture of this size has not been read last. */
  const isNew = ({ width, height }: PictureSize) => segment?.size.width !== width || segment.size.height !== height;
  return { ensure, release, isNew };
}

/** @throws AppError `screen-unsupported` when the screen is not 24 or 32 bits deep */
export function createScreenSource(deps: ScreenSourceDeps): ScreenSource {
  const { display, converter } = deps;
  if (display.rootDepth !== 24 && display.rootDepth !== 32) {
    throw new AppError('screen-unsupported', `the screen is ${display.rootDepth} bits deep; 24 are needed`);
  }
  const band = createDamageBand();
  const segments = createSegmentKeeper(deps);
  let damage: number | undefined;
  const size = () => {
    const screen = display.screenSize();
    return { width: screen.width & ~1, height: screen.height & ~1 };
  };
  const stopListening = display.onEvent((event) => {
    if (event.name !== 'DamageNotify' || event.damage !== damage) return;
    const { area } = event as unknown as X11DamageNotify;
    // While it carries out a reading, the server may report an area of nothing: each picture would be followed by another.
    if (area.w === 0 || area.h === 0) return;
    band.add(area.y, area.h);
    deps.onDamage();
  });
  const read = async (segment: Segment, { top, bottom }: RowBand) => {
    const { width } = segment.size;
    const offset = top * width * bytesPerPixel;
    const format = display.shm.ImageFormat.ZPixmap;
    await display.request<unknown>(
      (reply) =>
        display.shm.GetImage(display.root, 0, top, width, bottom - top, allPlanes, format, segment.id, offset, reply),
      'ShmGetImage',
    );
  };
  const grab = async (frame: Frame): Promise<GrabTimings | null> => {
    const picture = size();
    // Nothing in the frame is of this screen; the server need not report all of it.
    if (segments.isNew(picture)) band.addAll();
    // Cleared before the picture is read: a change in between is reported again.
    if (damage !== undefined) display.damage.Subtract(damage, 0, 0);
    const rows = band.take(picture.height);
    if (!rows) return null;
    const startMs = performance.now();
    try {
      const segment = await segments.ensure(picture);
      await read(segment, rows);
      const readMs = performance.now();
      const strideBytes = picture.width * bytesPerPixel;
      deps.paint(segment.pixels, strideBytes, picture, rows);
      converter.convert({ address: segment.mapping.address, strideBytes, ...picture }, rows, frame);
      return { captureMs: readMs - startMs, convertMs: performance.now() - readMs };
    } catch (error) {
      band.addAll();
      throw error;
    }
  };
  return {
    size,
    start: () => {
      if (damage !== undefined || display.isClosed) return;
      damage = display.core.AllocID();
      display.damage.Create(damage, display.root, display.damage.ReportLevel.BoundingBox);
      band.addAll();
    },
    stop: () => {
      if (damage !== undefined && !display.isClosed) display.damage.Destroy(damage);
      damage = undefined;
    },
    invalidate: (top, height) => band.add(top, height),
    invalidateAll: () => band.addAll(),
    awaitMore: () => {
      if (damage !== undefined && !display.isClosed) display.damage.Subtract(damage, 0, 0);
    },
    grab,
    close: () => {
      stopListening();
      if (damage !== undefined && !display.isClosed) display.damage.Destroy(damage);
      damage = undefined;
      segments.release();
    },
  };
}
