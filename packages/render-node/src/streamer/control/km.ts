import { assertNever, type ScreenStateMessage } from '@cloudstage/protocol';
import { keycodes } from '../input/key-codes.js';
import type { Keyboard } from '../input/keyboard.js';
import { releaseCandidates, resolveKey } from '../input/keymap.js';
import { clampToScreen, type Point, pointFromPicture, pointFromScaled, stepDelta } from '../input/pointer.js';
import { stepWheel } from '../input/wheel.js';
import type { Injector, InputSession } from '../input/x11-injector.js';
import { buttons } from '../input/x11-injector.js';
import type { ScreenGeometry, StreamControl } from './contract.js';
import { decodeInput, type InputEvent } from './decode-input.js';
import { controlLimits } from './limits.js';
import { parseJson } from './loose-values.js';

/** What a peer's input acts on. */
export interface InputDeps {
  readonly injector: Injector;
  readonly keyboard: Keyboard;
  readonly stream: Pick<StreamControl, 'screen'>;
}

/** Counters of one peer's input, for the log. */
export interface InputCounts {
  /** Messages that are no input: broken JSON, wrong fields, unknown types. */
  invalid: number;
  /** Gamepad messages: taken and dropped, because the program has no gamepad to get them from. */
  gamepad: number;
}

/** Carries out one player's `km` messages. */
export interface PeerInput {
  receive(data: string | Uint8Array): void;
  /** Releases what this player holds (`keys_clean`, lost messages, the end of the peer). */
  releaseAll(): void;
  readonly counts: Readonly<InputCounts>;
}

type KeyEvent = Extract<InputEvent, { kind: 'key' }>;
type TouchEvent = Extract<InputEvent, { kind: 'touch' }>;
type WheelEvent = Extract<InputEvent, { kind: 'wheel' }>;

const isoLevel3Shift = 0xfe03;
/** The finger that moves the pointer; the others need a touch device. */
const pointerFinger = 0;

function createKeyInput({ injector, keyboard }: InputDeps, session: InputSession) {
  /** Windows sends left Ctrl before AltGr; with it held, X programs would see Ctrl+@ where the user typed @. */
  const dropAltGrControl = (keycode: number) => {
    const map = keyboard.map();
    if (keycode !== keycodes.altRight) return;
    if (map.rows[keycode - map.firstKeycode]?.[0] === isoLevel3Shift) session.keyUp(keycodes.controlLeft);
  };
  return (event: KeyEvent) => {
    const map = keyboard.map();
    if (!event.down) {
      const held = releaseCandidates(map, event).find((keycode) => session.holdsKey(keycode));
      if (held !== undefined) session.keyUp(held);
      return;
    }
    const resolved = resolveKey(map, event);
    if (resolved === undefined || session.holdsKey(resolved.keycode)) return;
    if (resolved.numLock !== undefined) injector.setLocks(map.numLockMask, resolved.numLock ? map.numLockMask : 0);
    dropAltGrControl(resolved.keycode);
    session.keyDown(resolved.keycode);
  };
}

function createWheelInput(injector: Injector) {
  const carry = { vertical: 0, horizontal: 0 };
  return (event: WheelEvent) => {
    const { notches, carryPixels } = stepWheel(event.delta, carry[event.axis]);
    carry[event.axis] = carryPixels;
    if (notches === 0) return;
    const [backward, forward] =
      event.axis === 'vertical' ? [buttons.wheelUp, buttons.wheelDown] : [buttons.wheelLeft, buttons.wheelRight];
    injector.click(notches < 0 ? backward : forward, Math.abs(notches));
  };
}

function createPointerInput({ injector, stream }: InputDeps, session: InputSession) {
  let carry: Point = { x: 0, y: 0 };
  const inRoot = (screen: ScreenGeometry, point: Point): Point => ({
    x: point.x + screen.left,
    y: point.y + screen.top,
  });
  return {
    move(kind: 'move-scaled' | 'move' | 'move-by', point: Point) {
      const screen = stream.screen();
      if (kind === 'move-scaled') return injector.moveTo(inRoot(screen, pointFromScaled(point, screen)));
      if (kind === 'move') {
        const inPicture = clampToScreen({ x: point.x - screen.left, y: point.y - screen.top }, screen);
        return injector.moveTo(inRoot(screen, inPicture));
      }
      const step = stepDelta(point, carry);
      carry = step.carry;
      if (step.move.x !== 0 || step.move.y !== 0) injector.moveBy(step.move);
    },
    touch(event: TouchEvent) {
      if (event.finger !== pointerFinger) return;
      const screen = stream.screen();
      injector.moveTo(inRoot(screen, pointFromPicture(event, event, screen)));
      if (event.phase === 'start') session.buttonDown(buttons.left);
      if (event.phase === 'end') session.buttonUp(buttons.left);
    },
  };
}

/** Creates the input of one player; its keys and buttons are tracked apart from other players'. */
export function createPeerInput(deps: InputDeps): PeerInput {
  const session = deps.injector.createSession();
  const counts: InputCounts = { invalid: 0, gamepad: 0 };
  const onKey = createKeyInput(deps, session);
  const onWheel = createWheelInput(deps.injector);
  const pointer = createPointerInput(deps, session);

  const perform = (event: InputEvent): void => {
    switch (event.kind) {
      case 'key':
        onKey(event);
        break;
      case 'move-scaled':
      case 'move':
      case 'move-by':
        pointer.move(event.kind, event);
        break;
      case 'button':
        if (event.down) session.buttonDown(event.button);
        else session.buttonUp(event.button);
        break;
      case 'wheel':
        onWheel(event);
        break;
      case 'touch':
        pointer.touch(event);
        break;
      case 'gamepad':
        counts.gamepad++;
        break;
      case 'sequence':
        for (const message of event.messages) performText(message, true);
        break;
      default:
        assertNever(event, 'input event');
    }
  };
  const performText = (data: string | Uint8Array, isNested: boolean) => {
    const event = decodeInput(parseJson(data, controlLimits.inputBytes));
    // A sequence inside a sequence would let one message cost the square of its bound.
    if (event === undefined || (isNested && event.kind === 'sequence')) counts.invalid++;
    else perform(event);
  };
  return { receive: (data) => performText(data, false), releaseAll: session.releaseAll, counts };
}

/** The state message of `km`. All four `screen_*` numbers must always be there. */
export function screenState(screen: ScreenGeometry, cursorShowing: boolean, cpuPercent: number): ScreenStateMessage {
  return {
    screen_width: screen.width,
    screen_height: screen.height,
    screen_left: screen.left,
    screen_top: screen.top,
    cursor_showing: cursorShowing,
    cpu_usage: String(Math.min(100, Math.max(0, Math.round(cpuPercent)))),
    gpu_usage: '0',
  };
}
