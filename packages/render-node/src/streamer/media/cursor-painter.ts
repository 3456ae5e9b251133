import type { Logger } from 'pino';
import type { X11Display } from '../../x11/display.js';
import type { X11CursorImage } from '../../x11/extension-types.js';
import { blendCursor } from './cursor-blend.js';
import type { RowBand } from './damage-band.js';
import { mediaLimits } from './limits.js';
import type { PictureSize } from './screen-source.js';

/** Where the painter marks rows as changed. */
export interface PaintTarget {
  invalidateRows(top: number, height: number): void;
}

/** Draws the pointer into captured pictures while it is enabled (cursor mode 2). */
export interface CursorPainter {
  setEnabled(enabled: boolean, target: PaintTarget): void;
  /** Blends the pointer into the rows of `band`. */
  paint(pixels: Buffer, strideBytes: number, size: PictureSize, band: RowBand): void;
  close(): void;
}

/** Creates a painter at rest. While enabled it asks for the pointer's place at the frame rate: the server reports no moves. */
export function createCursorPainter(display: X11Display, logger: Logger): CursorPainter {
  let timer: NodeJS.Timeout | undefined;
  let cursor: X11CursorImage | undefined;
  let asking = false;
  const rowsOf = ({ y, yhot, height }: X11CursorImage) => ({ top: Math.max(0, y - yhot), height });
  const mark = (target: PaintTarget, image: X11CursorImage | undefined) => {
    if (!image) return;
    const { top, height } = rowsOf(image);
    target.invalidateRows(top, height);
  };
  const ask = async (target: PaintTarget) => {
    if (asking || display.isClosed) return;
    asking = true;
    try {
      const next = await display.request<X11CursorImage>(
        (reply) => display.xfixes.GetCursorImage(reply),
        'GetCursorImage',
      );
      const same = next.x === cursor?.x && next.y === cursor.y && next.cursorSerial === cursor.cursorSerial;
      if (timer === undefined || same) return;
      mark(target, cursor);
      cursor = next;
      mark(target, cursor);
    } catch (error) {
      logger.debug({ err: error }, 'the pointer could not be read');
    } finally {
      asking = false;
    }
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    setEnabled: (enabled, target) => {
      if (enabled === (timer !== undefined)) return;
      if (enabled) {
        timer = setInterval(() => void ask(target), mediaLimits.cursorPollMs);
        return;
      }
      stop();
      mark(target, cursor);
      cursor = undefined;
    },
    paint: (pixels, strideBytes, size, band) => {
      if (cursor) blendCursor(cursor, pixels, strideBytes, size.width, band);
    },
    close: stop,
  };
}
