import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { X11Display } from '../../x11/display.js';
import { createBorrowedKeys } from './borrowed-keys.js';
import type { Clipboard } from './clipboard.js';
import { keycodes } from './key-codes.js';
import type { Keyboard } from './keyboard.js';
import { borrowableKeycodes, findKeysym, type KeyboardMap, keysymOfCodePoint } from './keymap.js';
import { inputLimits } from './limits.js';
import { planText, type Stroke } from './text-plan.js';
import type { Injector } from './x11-injector.js';

/** What {@link createTextInput} works with; all stay the caller's. */
export interface TextInputDeps {
  readonly display: X11Display;
  readonly injector: Injector;
  readonly keyboard: Keyboard;
  readonly clipboard: Clipboard;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Puts text in at the program's focus. */
export interface TextInput {
  /**
   * Queues a text. Up to {@link inputLimits.typedChars} characters are typed, so that terminals and games take them too;
   * longer texts go through the clipboard and Ctrl+V. False when too many texts wait.
   */
  insert(text: string): boolean;
  /** Resolves when everything queued so far is in. */
  settled(): Promise<void>;
  close(): void;
}

const lockMask = 2;
const keysymsPerKeycode = 2;
/** All keycodes of a pass are free again when the first one is, give or take the time it took to use them. */
const reuseMarginMs = 10;

/** Types strokes; borrows keycodes for characters that the layout lacks. */
function createTyper({ display, injector, keyboard, now }: TextInputDeps) {
  const pool = createBorrowedKeys(inputLimits.keycodeHoldMs);
  const adopt = () => {
    const map = keyboard.map();
    pool.reset(borrowableKeycodes(map), (keycode, keysym) => map.rows[keycode - map.firstKeycode]?.[0] === keysym);
  };
  adopt();
  const stopListening = keyboard.onChange(adopt);

  const typeKey = (keycode: number, shift: boolean) => {
    if (shift) injector.pressRaw(keycodes.shiftLeft);
    injector.tap(keycode);
    if (shift) injector.releaseRaw(keycodes.shiftLeft);
  };
  /** Keycode for a character; `flush` types what is planned before a keycode changes its meaning. */
  const borrow = async (keysym: number, flush: () => void): Promise<number> => {
    const key = pool.acquire(keysym, now());
    if (key === undefined) throw new AppError('keycodes-exhausted', 'the keymap has no keycode to borrow for text');
    if (key.waitMs > 0) {
      flush();
      await sleep(key.waitMs + reuseMarginMs);
    }
    if (key.isNew && !display.isClosed) {
      display.core.ChangeKeyboardMapping(key.keycode, keysymsPerKeycode, [keysym, keysym]);
    }
    return key.keycode;
  };
  return {
    /** Changes the keymap for as many characters as there are keycodes, then types them: a program reads it once. */
    async type(strokes: readonly Stroke[]) {
      let planned: { readonly keycode: number; readonly shift: boolean }[] = [];
      const flush = () => {
        for (const { keycode, shift } of planned) typeKey(keycode, shift);
        planned = [];
      };
      for (const stroke of strokes) {
        const key = stroke.kind === 'key' ? stroke : { keycode: await borrow(stroke.keysym, flush), shift: false };
        planned.push(key);
      }
      flush();
    },
    close: stopListening,
  };
}

/** Runs `work` with no modifier down and no CapsLock, and puts both back. */
async function withPlainKeyboard(
  deps: TextInputDeps,
  work: (map: KeyboardMap, group: number) => Promise<void>,
): Promise<void> {
  const { display, injector, keyboard } = deps;
  const state = await display.request<{ readonly lockedMods: number; readonly group: number }>(
    (reply) => display.xkb.GetState(display.xkb.UseCoreKbd, reply),
    'XkbGetState',
  );
  const map = await keyboard.latest();
  const resume = injector.suspend(map.modifierKeycodes);
  const capsLocked = (state.lockedMods & lockMask) !== 0;
  if (capsLocked) injector.setLocks(lockMask, 0);
  try {
    await work(map, state.group);
  } finally {
    if (capsLocked) injector.setLocks(lockMask, lockMask);
    resume();
  }
}

/** Creates the text input: one text after the other, each at most a few hundred milliseconds. */
export function createTextInput(deps: TextInputDeps): TextInput {
  const { injector, clipboard, logger } = deps;
  const typer = createTyper(deps);
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
  let isClosed = false;

  const type = (text: string) => withPlainKeyboard(deps, (map, group) => typer.type(planText(map, text, group === 0)));
  const paste = async (text: string) => {
    const { served } = await clipboard.offer(text);
    await withPlainKeyboard(deps, async (map) => {
      const v = findKeysym(map, keysymOfCodePoint(0x76))?.keycode ?? keycodes.keyV;
      injector.pressRaw(keycodes.controlLeft);
      injector.tap(v);
      injector.releaseRaw(keycodes.controlLeft);
    });
    await Promise.race([served, sleep(inputLimits.pasteGraceMs)]);
  };
  const insertNow = async (text: string) => {
    if (isClosed) return;
    await ([...text].length <= inputLimits.typedChars ? type(text) : paste(text));
  };
  return {
    insert(text) {
      if (waiting >= inputLimits.queuedTexts) return false;
      waiting++;
      queue = queue
        .then(() => insertNow(text))
        .catch((error: unknown) => {
          if (!deps.display.isClosed) logger.warn({ err: error }, 'text was not put in');
        })
        .finally(() => {
          waiting--;
        });
      return true;
    },
    settled: () => queue,
    close() {
      isClosed = true;
      typer.close();
    },
  };
}
