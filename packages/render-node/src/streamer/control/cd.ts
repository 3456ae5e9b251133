import type { CursorImageMessage } from '@cloudstage/protocol';
import { enlargeCursor } from '../input/cursor-image.js';
import { type CursorPng, type CursorState, cursorPngOf } from '../input/cursor-watch.js';
import { inputLimits } from '../input/limits.js';
import { controlLimits } from './limits.js';

/** Sends one peer its cursor images. */
export interface CursorChannel {
  /** The channel opened, again or for the first time: the client has no image. */
  onOpen(state: CursorState | undefined): void;
  onChange(state: CursorState): void;
  /** `set_pointer_style`: styles with `huge` in their name enlarge the images, every other one is the program's own size. */
  setStyle(style: string): void;
  close(): void;
}

const hugeFactor = 2;

/** Text of an image message. */
export function cursorMessage(image: CursorPng): string {
  const message: CursorImageMessage = {
    data: image.pngBase64,
    hotspotx: image.hotspotX,
    hotspoty: image.hotspotY,
  };
  return JSON.stringify(message);
}

/**
 * `send` returns false while the channel is not open. The channel is lossy: the latest image follows once more after
 * {@link controlLimits.cursorRepeatMs}. Hidden cursors have no image; `km` tells that they are hidden.
 */
export function createCursorChannel(send: (text: string) => boolean): CursorChannel {
  let timer: NodeJS.Timeout | undefined;
  let lastImage: CursorPng | undefined;
  let isHuge = false;
  const sendTwice = (image: CursorPng) => {
    clearTimeout(timer);
    lastImage = image;
    const styled = isHuge ? cursorPngOf(enlargeCursor(image.picture, hugeFactor, inputLimits.cursorPixels)) : image;
    const text = cursorMessage(styled);
    if (!send(text)) return;
    timer = setTimeout(() => send(text), controlLimits.cursorRepeatMs);
    timer.unref();
  };
  return {
    onOpen(state) {
      if (state?.image !== undefined) sendTwice(state.image);
    },
    onChange(state) {
      if (state.image !== undefined && state.image !== lastImage) sendTwice(state.image);
    },
    setStyle(style) {
      const next = style.includes('huge');
      if (next === isHuge) return;
      isHuge = next;
      if (lastImage !== undefined) sendTwice(lastImage);
    },
    close: () => clearTimeout(timer),
  };
}
