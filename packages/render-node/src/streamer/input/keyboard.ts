import type { Logger } from 'pino';
import type { X11Event } from '../../x11/core-types.js';
import type { X11Display } from '../../x11/display.js';
import { loadKeyboardLayout, readKeyboardLayout } from '../../x11/keyboard-layout.js';
import { keycodes } from './key-codes.js';
import type { KeyboardMap } from './keymap.js';
import { inputLimits } from './limits.js';

/** The server's keyboard, kept up to date. */
export interface Keyboard {
  /** Last known map; before the first reading an empty `us` keyboard, by which physical keys already resolve. */
  map(): KeyboardMap;
  /** Called with every new map. Returns the way to stop. */
  onChange(listener: (map: KeyboardMap) => void): () => void;
  /** The map after every change that the server has told so far; a round trip when there was one. */
  latest(): Promise<KeyboardMap>;
  /** Switches the server's layout, e.g. `de`. @throws AppError `keyboard-layout-unknown` */
  setLayout(layout: string): Promise<void>;
  close(): void;
}

const emptyMap: KeyboardMap = {
  firstKeycode: 8,
  rows: [],
  modifierKeycodes: new Set(),
  numLockMask: 0x10,
  layout: 'us',
};

async function readMap(display: X11Display): Promise<KeyboardMap> {
  const first = display.minKeycode;
  const count = display.maxKeycode - first + 1;
  const [rows, modifiers, layout] = await Promise.all([
    display.request<readonly (readonly number[])[]>(
      (reply) => display.core.GetKeyboardMapping(first, count, reply),
      'GetKeyboardMapping',
    ),
    display.request<readonly (readonly number[])[]>(
      (reply) => display.core.GetModifierMapping(reply),
      'GetModifierMapping',
    ),
    readKeyboardLayout(display),
  ]);
  const numLockRow = modifiers.findIndex((row) => row.includes(keycodes.numLock));
  return {
    firstKeycode: first,
    rows,
    modifierKeycodes: new Set(modifiers.flat().filter((keycode) => keycode !== 0)),
    numLockMask: numLockRow < 0 ? 0 : 1 << numLockRow,
    layout,
  };
}

/**
 * A client that uses XKB gets no core MappingNotify: new keyboards (another layout) and changed maps (single keys) come as
 * XKB events, which npm `x11` tells apart by `xkbType` only.
 */
function selectKeymapEvents({ xkb }: X11Display): void {
  const events = xkb.EventType.NewKeyboardNotify | xkb.EventType.MapNotify;
  xkb.SelectEvents(xkb.UseCoreKbd, events, 0, events, allMapParts, allMapParts);
}

const allMapParts = 0xff;
const newKeyboardNotify = 0;
const mapNotify = 1;
const isKeymapChange = (event: X11Event) =>
  event.xkbType === newKeyboardNotify || event.xkbType === mapNotify || event.name === 'MappingNotify';

/** Reads the keyboard at once and after every change of it, ours or a program's. */
export function createKeyboard(display: X11Display, logger: Logger): Keyboard {
  const listeners = new Set<(map: KeyboardMap) => void>();
  let map = emptyMap;
  let timer: NodeJS.Timeout | undefined;
  const refresh = async () => {
    map = await readMap(display);
    for (const listener of [...listeners]) listener(map);
  };
  const refreshQuietly = () => {
    refresh().catch((error: unknown) => {
      if (!display.isClosed) logger.warn({ err: error }, 'cannot read the keyboard map');
    });
  };
  const stopListening = display.onEvent((event) => {
    if (!isKeymapChange(event) || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (!display.isClosed) refreshQuietly();
    }, inputLimits.keymapSettleMs);
  });
  selectKeymapEvents(display);
  refreshQuietly();
  return {
    map: () => map,
    async latest() {
      if (timer !== undefined || map === emptyMap) {
        clearTimeout(timer);
        timer = undefined;
        await refresh();
      }
      return map;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async setLayout(layout) {
      await loadKeyboardLayout(display, layout);
      await refresh();
    },
    close() {
      clearTimeout(timer);
      stopListening();
      listeners.clear();
    },
  };
}
