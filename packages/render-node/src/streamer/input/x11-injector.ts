import type { X11Pointer } from '../../x11/core-types.js';
import type { X11Display } from '../../x11/display.js';
import { createHeldSet } from './held.js';
import type { Point } from './pointer.js';

/** X button numbers. @see X11R7.7 protocol; 8 and 9 by convention of every toolkit */
export const buttons = {
  left: 1,
  middle: 2,
  right: 3,
  wheelUp: 4,
  wheelDown: 5,
  wheelLeft: 6,
  wheelRight: 7,
  back: 8,
  forward: 9,
} as const;

/** Input of one peer. What it holds is its own: releasing never lets go of another peer's key. */
export interface InputSession {
  /** Presses a key; a repeated "down" does nothing, because the X server repeats held keys by itself. */
  keyDown(keycode: number): void;
  /** True when this session held the key. */
  keyUp(keycode: number): boolean;
  holdsKey(keycode: number): boolean;
  buttonDown(button: number): void;
  buttonUp(button: number): void;
  /** Releases everything this session holds. */
  releaseAll(): void;
}

/** Sends input to the X server by XTEST. Order of calls is order of events. */
export interface Injector {
  createSession(): InputSession;
  moveTo(point: Point): void;
  moveBy(delta: Point): void;
  /** Presses and releases a button, `count` times. */
  click(button: number, count: number): void;
  /** Presses and releases a key that no session may hold. */
  tap(keycode: number): void;
  pressRaw(keycode: number): void;
  releaseRaw(keycode: number): void;
  isHeld(keycode: number): boolean;
  /** Sets or clears locked modifiers (bits of `mask`), e.g. CapsLock or NumLock. */
  setLocks(mask: number, locked: number): void;
  /**
   * Lets go of the held keys among `keycodes` and returns the function that presses those again that are still held. For
   * typing text: a client that pastes with Ctrl+V holds Ctrl meanwhile.
   */
  suspend(keycodes: ReadonlySet<number>): () => void;
  /** Releases keys and buttons that are down in the server without a session: a streamer that crashed left them. */
  releaseStale(): Promise<void>;
}

const currentRoot = 0;
const firstButtonBit = 8;
const buttonsInMask = 5;

/** Creates the injector. Nothing is sent after the display closed. */
export function createInjector(display: X11Display): Injector {
  const { xtest, xkb } = display;
  const fake = (type: number, detail: number, x = 0, y = 0) => {
    if (!display.isClosed) xtest.FakeInput(type, detail, 0, currentRoot, x, y);
  };
  const pressRaw = (keycode: number) => fake(xtest.KeyPress, keycode);
  const releaseRaw = (keycode: number) => fake(xtest.KeyRelease, keycode);
  const pressButton = (button: number) => fake(xtest.ButtonPress, button);
  const releaseButton = (button: number) => fake(xtest.ButtonRelease, button);
  const keys = createHeldSet(pressRaw, releaseRaw);
  const heldButtons = createHeldSet(pressButton, releaseButton);

  const createSession = (): InputSession => {
    const ownKeys = keys.createHolder();
    const ownButtons = heldButtons.createHolder();
    return {
      keyDown: (keycode) => void ownKeys.hold(keycode),
      keyUp: ownKeys.drop,
      holdsKey: ownKeys.holds,
      buttonDown: (button) => void ownButtons.hold(button),
      buttonUp: (button) => void ownButtons.drop(button),
      releaseAll() {
        ownButtons.dropAll();
        ownKeys.dropAll();
      },
    };
  };
  const releaseStale = async () => {
    const [keymap, pointer] = await Promise.all([
      display.request<Buffer>((reply) => display.core.QueryKeymap(reply), 'QueryKeymap'),
      display.request<X11Pointer>((reply) => display.core.QueryPointer(display.root, reply), 'QueryPointer'),
    ]);
    for (let keycode = display.minKeycode; keycode <= display.maxKeycode; keycode++) {
      const isDown = ((keymap[keycode >> 3] ?? 0) >> (keycode & 7)) & 1;
      if (isDown && !keys.all().includes(keycode)) releaseRaw(keycode);
    }
    for (let button = 1; button <= buttonsInMask; button++) {
      const isDown = (pointer.keyMask >> (firstButtonBit + button - 1)) & 1;
      if (isDown && !heldButtons.all().includes(button)) releaseButton(button);
    }
  };
  return {
    createSession,
    moveTo: ({ x, y }) => fake(xtest.MotionNotify, 0, x, y),
    moveBy: ({ x, y }) => fake(xtest.MotionNotify, 1, x, y),
    click(button, count) {
      for (let done = 0; done < count; done++) {
        pressButton(button);
        releaseButton(button);
      }
    },
    tap(keycode) {
      pressRaw(keycode);
      releaseRaw(keycode);
    },
    pressRaw,
    releaseRaw,
    isHeld: (keycode) => keys.all().includes(keycode),
    setLocks(mask, locked) {
      if (!display.isClosed) xkb.LatchLockState(xkb.UseCoreKbd, mask, locked, false, 0, 0, 0, false, 0);
    },
    suspend(keycodes) {
      const suspended = keys.all().filter((keycode) => keycodes.has(keycode));
      for (const keycode of suspended) releaseRaw(keycode);
      return () => {
        const held = new Set(keys.all());
        for (const keycode of suspended) if (held.has(keycode)) pressRaw(keycode);
      };
    },
    releaseStale,
  };
}
