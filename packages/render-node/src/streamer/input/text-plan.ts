import { keycodes } from './key-codes.js';
import { findKeysym, type KeyboardMap, keysymOfCodePoint } from './keymap.js';

/** One key stroke of a text: a key of the keyboard, or a character that needs a borrowed key. */
export type Stroke =
  | { readonly kind: 'key'; readonly keycode: number; readonly shift: boolean }
  | { readonly kind: 'character'; readonly keysym: number };

const isControl = (codePoint: number) => codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0);
const isSurrogate = (codePoint: number) => codePoint >= 0xd800 && codePoint <= 0xdfff;

/**
 * Strokes that type a text. Characters of the layout use their real keys, also because games read keycodes; others borrow
 * one. A line break is Return, a tab is Tab; other control characters and broken surrogates are left out.
 *
 * @param useLayout false when the keyboard is in another group than the first, which `map` describes
 */
export function planText(map: KeyboardMap, text: string, useLayout: boolean): Stroke[] {
  const strokes: Stroke[] = [];
  for (const character of text.replaceAll('\r\n', '\n')) {
    const codePoint = character.codePointAt(0) ?? 0;
    if (character === '\n' || character === '\r') {
      strokes.push({ kind: 'key', keycode: keycodes.enter, shift: false });
    } else if (character === '\t') {
      strokes.push({ kind: 'key', keycode: keycodes.tab, shift: false });
    } else if (!isControl(codePoint) && !isSurrogate(codePoint)) {
      const keysym = keysymOfCodePoint(codePoint);
      const key = useLayout ? findKeysym(map, keysym) : undefined;
      strokes.push(key === undefined ? { kind: 'character', keysym } : { kind: 'key', ...key });
    }
  }
  return strokes;
}
