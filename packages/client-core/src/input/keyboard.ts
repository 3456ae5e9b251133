import type { KeyboardMessage } from '@cloudstage/protocol';

/** Fields of a DOM KeyboardEvent. */
export interface KeyInput {
  readonly down: boolean;
  /** Legacy `which || keyCode`. */
  readonly keyCode: number;
  /** `KeyboardEvent.code`. */
  readonly code: string;
  /** `KeyboardEvent.key`. */
  readonly key: string;
  readonly location: number;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
  readonly atMs: number;
}

/** What follows from one key event, in order. */
export type KeyAction =
  | { readonly type: 'send'; readonly message: KeyboardMessage; readonly delayMs: number }
  /** Read the local clipboard and send it as text. */
  | { readonly type: 'paste' }
  | { readonly type: 'lock-pointer' }
  | { readonly type: 'release-pointer' }
  | { readonly type: 'toggle-stats' };

/** Memory of the keyboard. */
export interface KeyboardState {
  /** Held keys, by key code; kept on macOS only, which swallows key-ups while Cmd is held. */
  readonly held: ReadonlyMap<number, KeyInput>;
  readonly escapeDownAtMs: number | null;
}

/** No key held. */
export const initialKeyboardState: KeyboardState = { held: new Map(), escapeDownAtMs: null };

/** Settings of the page and the device. */
export interface KeyboardOptions {
  readonly mac: boolean;
  readonly paste: boolean;
  readonly banned: readonly number[];
}

const keys = {
  escape: 27,
  space: 32,
  capsLock: 20,
  f4: 115,
  v: 86,
  x: 88,
  backquote: 192,
  metaLeft: 91,
  metaRight: 93,
};
/** Hold Escape this long to leave pointer lock. */
const escapeHoldMs = 300;
/** Distance of a synthetic down and its up. */
const synthesizedUpMs = 10;
/** Keys that can be held at a time; more is a stuck keyboard. */
const maxHeld = 32;

function message(input: KeyInput, down: boolean): KeyboardMessage {
  const { keyCode, location, code } = input;
  return { type: 'keyboard', key: keyCode, down, location, ...(code === '' ? {} : { code }) };
}

const send = (input: KeyInput, down: boolean, delayMs = 0): KeyAction => ({
  type: 'send',
  message: message(input, down),
  delayMs,
});

/**
 * Encodes one key event with the special cases a browser needs: clipboard on Ctrl/Cmd+V, no Alt+F4, Ctrl+Space completed on
 * its key-up (input methods swallow the key-down), macOS CapsLock and Cmd, Escape held or Alt+X to free the pointer. PURE.
 */
export function encodeKey(
  state: KeyboardState,
  input: KeyInput,
  options: KeyboardOptions,
): { readonly state: KeyboardState; readonly actions: readonly KeyAction[] } {
  if (options.banned.includes(input.keyCode)) return { state, actions: [] };
  return input.down ? encodeDown(state, input, options) : encodeUp(state, input, options);
}

function encodeDown(state: KeyboardState, input: KeyInput, options: KeyboardOptions) {
  const { keyCode } = input;
  const isEscape = keyCode === keys.escape;
  const held = new Map(state.held);
  if (options.mac && held.size < maxHeld) held.set(keyCode, input);
  const next: KeyboardState = {
    held,
    escapeDownAtMs: isEscape ? (state.escapeDownAtMs ?? input.atMs) : state.escapeDownAtMs,
  };
  const actions: KeyAction[] = [];
  if (keyCode === keys.x && input.alt) actions.push({ type: 'release-pointer' });
  else if (!isEscape) actions.push({ type: 'lock-pointer' });
  if (options.paste && (input.ctrl || input.meta) && keyCode === keys.v) actions.push({ type: 'paste' });
  else if (input.alt && keyCode === keys.f4) return { state: next, actions };
  else if (options.mac && keyCode === keys.capsLock)
    actions.push(send(input, true), send(input, false, synthesizedUpMs));
  else actions.push(send(input, true));
  return { state: next, actions };
}

function encodeUp(state: KeyboardState, input: KeyInput, options: KeyboardOptions) {
  const { keyCode } = input;
  const held = new Map(state.held);
  held.delete(keyCode);
  const actions: KeyAction[] = [];
  if (input.ctrl && keyCode === keys.space) {
    return { state: { ...state, held }, actions: [send(input, true), send(input, false, synthesizedUpMs)] };
  }
  if (input.ctrl && keyCode === keys.backquote) actions.push({ type: 'toggle-stats' });
  if (keyCode === keys.escape && state.escapeDownAtMs !== null && input.atMs - state.escapeDownAtMs > escapeHoldMs) {
    actions.push({ type: 'release-pointer' });
  }
  if (options.mac && input.key === 'Meta') {
    for (const [code, key] of held) {
      if (code !== keys.metaLeft && code !== keys.metaRight) actions.push(send(key, false));
      held.delete(code);
    }
  }
  const escapeDownAtMs = keyCode === keys.escape ? null : state.escapeDownAtMs;
  if (options.mac && keyCode === keys.capsLock) actions.push(send(input, true), send(input, false, synthesizedUpMs));
  else actions.push(send(input, false));
  return { state: { held, escapeDownAtMs }, actions };
}
