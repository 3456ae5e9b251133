import type { Logger } from 'pino';
import type { X11Display } from '../../x11/display.js';
import type { X11CursorImage } from '../../x11/extension-types.js';
import { type CursorPicture, isInvisible, pictureOfCursor, pngBase64 } from './cursor-image.js';
import { inputLimits } from './limits.js';

/** The pointer's look as last seen. */
export interface CursorState {
  /** False when the program hides the cursor; the image is then the last one that could be seen, if any. */
  readonly visible: boolean;
  readonly image?: CursorPng;
}

/** A cursor for the client, and the picture it was made of. */
export interface CursorPng {
  readonly pngBase64: string;
  readonly hotspotX: number;
  readonly hotspotY: number;
  readonly picture: CursorPicture;
}

/** Encodes a picture. */
export function cursorPngOf(picture: CursorPicture): CursorPng {
  const { image, hotspotX, hotspotY } = picture;
  return { pngBase64: pngBase64(image), hotspotX, hotspotY, picture };
}

/** Follows the cursor of the display. */
export interface CursorWatch {
  /** Undefined until the first image was read. */
  current(): CursorState | undefined;
  /** Called when the image or its visibility changed. Returns the way to stop. */
  onChange(listener: (state: CursorState) => void): () => void;
  close(): void;
}

/** Remembers pictures by cursor serial: animated cursors repeat a few of them for ever. */
function createPictureCache() {
  const pictures = new Map<number, CursorPng>();
  return (cursor: X11CursorImage): CursorPng => {
    const known = pictures.get(cursor.cursorSerial);
    pictures.delete(cursor.cursorSerial);
    const picture = known ?? cursorPngOf(pictureOfCursor(cursor, inputLimits.cursorPixels));
    pictures.set(cursor.cursorSerial, picture);
    const oldest = pictures.keys().next().value;
    if (pictures.size > inputLimits.cursorImages && oldest !== undefined) pictures.delete(oldest);
    return picture;
  };
}

const sameState = (a: CursorState | undefined, b: CursorState) =>
  a !== undefined &&
  a.visible === b.visible &&
  a.image?.pngBase64 === b.image?.pngBase64 &&
  a.image?.hotspotX === b.image?.hotspotX &&
  a.image?.hotspotY === b.image?.hotspotY;

/**
 * Watches by XFIXES. Changes are read at most every {@link inputLimits.cursorIntervalMs}, the last one always.
 *
 * A cursor hidden with XFixesHideCursor still has an image and raises no event that tells it from a shown one: only
 * transparent cursors, which every common toolkit uses, count as hidden.
 */
export function createCursorWatch(display: X11Display, logger: Logger): CursorWatch {
  const listeners = new Set<(state: CursorState) => void>();
  const pictureOf = createPictureCache();
  let state: CursorState | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isDirty = false;
  let isClosed = false;

  const read = async () => {
    const cursor = await display.request<X11CursorImage>(
      (reply) => display.xfixes.GetCursorImage(reply),
      'GetCursorImage',
    );
    if (isClosed) return;
    const visible = !isInvisible(cursor);
    const image = visible ? pictureOf(cursor) : state?.image;
    const next: CursorState = image === undefined ? { visible } : { visible, image };
    if (sameState(state, next)) return;
    state = next;
    for (const listener of [...listeners]) listener(next);
  };
  const readSoon = () => {
    if (isClosed || display.isClosed) return;
    if (timer !== undefined) {
      isDirty = true;
      return;
    }
    isDirty = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (isDirty) readSoon();
    }, inputLimits.cursorIntervalMs);
    read().catch((error: unknown) => {
      if (!display.isClosed) logger.warn({ err: error }, 'cannot read the cursor image');
    });
  };
  const stopListening = display.onEvent((event) => {
    if (event.name === 'CursorNotify') readSoon();
  });
  display.xfixes.SelectCursorInput(display.root, display.xfixes.CursorNotifyMask.DisplayCursor);
  readSoon();
  return {
    current: () => state,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      stopListening();
      listeners.clear();
      if (!display.isClosed) display.xfixes.SelectCursorInput(display.root, 0);
    },
  };
}
