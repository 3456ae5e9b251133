import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyboardMap } from './keymap.js';
import { planText } from './text-plan.js';

const rows: number[][] = Array.from({ length: 248 }, () => [0, 0]);
rows[38 - 8] = [0x61, 0x41];
const map: KeyboardMap = { firstKeycode: 8, rows, modifierKeycodes: new Set(), numLockMask: 0, layout: 'us' };

describe('planText', () => {
  it('uses keys of the layout, Return and Tab, and borrows for the rest', () => {
    expect(planText(map, 'aA\r\n\t\n你🙂', true)).toEqual([
      { kind: 'key', keycode: 38, shift: false },
      { kind: 'key', keycode: 38, shift: true },
      { kind: 'key', keycode: 36, shift: false },
      { kind: 'key', keycode: 23, shift: false },
      { kind: 'key', keycode: 36, shift: false },
      { kind: 'character', keysym: 0x0100_4f60 },
      { kind: 'character', keysym: 0x0101_f642 },
    ]);
  });

  it('does not trust the layout in another group', () => {
    expect(planText(map, 'a', false)).toEqual([{ kind: 'character', keysym: 0x61 }]);
  });

  it('leaves out control characters and broken surrogates, and nothing else', () => {
    expect(planText(map, '\u0000\u0007\u007f\u0090\ud800', true)).toEqual([]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const plain = [...text].filter((character) => !/[\p{Cc}\p{Cs}]/u.test(character));
        expect(planText(map, plain.join(''), true)).toHaveLength(plain.length);
      }),
    );
  });
});
