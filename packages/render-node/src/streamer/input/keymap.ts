import { keycodeOfCode, physicalKeycodes } from './key-codes.js';
import { ansiCodeOfCharacter, characterOfKey, locatedCodes, numLockOfKey, oemCodes } from './virtual-keys.js';

/** Keyboard of the X server as last read. */
export interface KeyboardMap {
  readonly firstKeycode: number;
  /** Keysyms by keycode: places 0 and 1 are without and with Shift in the first group. */
  readonly rows: readonly (readonly number[])[];
  /** Keycodes that are modifiers, which text must never borrow. */
  readonly modifierKeycodes: ReadonlySet<number>;
  /** Real modifier bit of NumLock; 0 when the keymap has none. */
  readonly numLockMask: number;
  /** XKB name of the first layout, e.g. `de`. */
  readonly layout: string;
}

/** A key as the client names it. @see KeyboardMessage */
export interface ClientKey {
  readonly key: number;
  readonly location: number;
  readonly code?: string;
}

/** What to press: `numLock` is the lock state the client's key implies, undefined when it does not matter. */
export interface ResolvedKey {
  readonly keycode: number;
  readonly numLock?: boolean;
}

/** A character's place in the keymap; `shift` when it needs Shift. */
export interface CharacterKey {
  readonly keycode: number;
  readonly shift: boolean;
}

const composing = 229;

/** Keysym of a code point. @see X11R7.7 protocol, appendix A "KEYSYM Encoding" */
export function keysymOfCodePoint(codePoint: number): number {
  const latin1 = (codePoint >= 0x20 && codePoint <= 0x7e) || (codePoint >= 0xa0 && codePoint <= 0xff);
  return latin1 ? codePoint : 0x0100_0000 | codePoint;
}

/** Finds the key that gives a keysym without modifiers, else with Shift. Only keys a client could press are considered. */
export function findKeysym(map: KeyboardMap, keysym: number): CharacterKey | undefined {
  for (const place of [0, 1]) {
    const index = map.rows.findIndex(
      (row, offset) => row[place] === keysym && physicalKeycodes.has(offset + map.firstKeycode),
    );
    if (index >= 0) return { keycode: index + map.firstKeycode, shift: place === 1 };
  }
  return undefined;
}

const keycodeOf = (code: string | undefined): number | undefined =>
  code !== undefined && Object.hasOwn(keycodeOfCode, code) ? keycodeOfCode[code] : undefined;

function keycodeOfVirtualKey(map: KeyboardMap, key: number, location: number): number | undefined {
  const located = locatedCodes.get(key);
  if (located !== undefined) return keycodeOf(located[location] ?? located[0]);
  const character = characterOfKey(key);
  if (character !== undefined) {
    const found = findKeysym(map, keysymOfCodePoint(character.charCodeAt(0)));
    return found?.keycode ?? keycodeOf(ansiCodeOfCharacter(character));
  }
  return keycodeOf(oemCodes(map.layout).get(key));
}

/**
 * The key to press for a client's key: the physical `code` when the client sent one this keyboard has, else the `keyCode`
 * in the server's layout. Undefined for keys without meaning here: 229 (being composed by an input method), unknown ones.
 */
export function resolveKey(map: KeyboardMap, key: ClientKey): ResolvedKey | undefined {
  if (key.key === composing && key.code === undefined) return undefined;
  const keycode = keycodeOf(key.code) ?? keycodeOfVirtualKey(map, key.key, key.location);
  if (keycode === undefined) return undefined;
  const numLock = numLockOfKey(key.key, key.location);
  return numLock === undefined ? { keycode } : { keycode, numLock };
}

/**
 * Keys an "up" may mean, likeliest first. Clients lose the location of a key between down and up (API calls have none), and
 * a key that stays down is worse than one that is released too early.
 */
export function releaseCandidates(map: KeyboardMap, key: ClientKey): number[] {
  const exact = resolveKey(map, key)?.keycode;
  const others = [0, 1, 2, 3].map((location) => keycodeOfVirtualKey(map, key.key, location));
  return [...new Set([exact, ...others])].filter((keycode) => keycode !== undefined);
}

/** Keycodes that typed text may borrow: neither a client's key nor a modifier. */
export function borrowableKeycodes(map: KeyboardMap): number[] {
  return map.rows
    .map((_, index) => index + map.firstKeycode)
    .filter((keycode) => !physicalKeycodes.has(keycode) && !map.modifierKeycodes.has(keycode));
}
