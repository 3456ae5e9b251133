import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keycodeOfCode, physicalKeycodes } from './key-codes.js';
import {
  borrowableKeycodes,
  findKeysym,
  type KeyboardMap,
  keysymOfCodePoint,
  releaseCandidates,
  resolveKey,
} from './keymap.js';

/** A keyboard whose rows carry the given keysyms (without and with Shift) on the named keys. */
function keyboard(layout: string, keys: Readonly<Record<string, string>>): KeyboardMap {
  const rows: number[][] = Array.from({ length: 248 }, () => [0, 0]);
  for (const [code, characters] of Object.entries(keys)) {
    rows[(keycodeOfCode[code] ?? 8) - 8] = [...characters].map((character) => character.charCodeAt(0));
  }
  return { firstKeycode: 8, rows, modifierKeycodes: new Set([50, 92]), numLockMask: 0x10, layout };
}

const us = keyboard('us', {
  KeyA: 'aA',
  KeyQ: 'qQ',
  KeyZ: 'zZ',
  KeyY: 'yY',
  Digit1: '1!',
  Minus: '-_',
  Equal: '=+',
  Semicolon: ';:',
});
const de = keyboard('de', {
  KeyA: 'aA',
  KeyZ: 'yY',
  KeyY: 'zZ',
  Digit1: '1!',
  Slash: '-_',
  BracketRight: '+*',
  Comma: ',;',
});
const fr = keyboard('fr', { KeyQ: 'aA', KeyA: 'qQ', Digit1: '&1', Digit6: '-6', Equal: '=+' });
const ru = keyboard('ru', {});

describe('resolveKey', () => {
  it.each([
    ['letter', us, 65, 0, 'KeyA'],
    ['letter of another layout', de, 90, 0, 'KeyY'],
    ['letter of AZERTY', fr, 65, 0, 'KeyQ'],
    ['letter without Latin layout', ru, 65, 0, 'KeyA'],
    ['digit', us, 49, 0, 'Digit1'],
    ['digit that needs Shift', fr, 49, 0, 'Digit1'],
    ['Enter', us, 13, 0, 'Enter'],
    ['keypad Enter', us, 13, 3, 'NumpadEnter'],
    ['Shift without location', us, 16, 0, 'ShiftLeft'],
    ['right Shift', us, 16, 2, 'ShiftRight'],
    ['right Ctrl', us, 17, 2, 'ControlRight'],
    ['AltGr', us, 18, 2, 'AltRight'],
    ['AltGraph of Linux', us, 225, 2, 'AltRight'],
    ['Windows left Shift', us, 160, 0, 'ShiftLeft'],
    ['left Meta', us, 91, 1, 'MetaLeft'],
    ['right Meta of Windows', us, 92, 2, 'MetaRight'],
    ['right Meta of Safari', us, 93, 2, 'MetaRight'],
    ['menu key', us, 93, 0, 'ContextMenu'],
    ['right Meta of Firefox', us, 224, 2, 'MetaRight'],
    ['keypad 0', us, 96, 3, 'Numpad0'],
    ['keypad decimal', us, 110, 3, 'NumpadDecimal'],
    ['keypad End', us, 35, 3, 'Numpad1'],
    ['End', us, 35, 0, 'End'],
    ['F1', us, 112, 0, 'F1'],
    ['F24', us, 135, 0, 'F24'],
    ['VK_OEM_1 us', us, 186, 0, 'Semicolon'],
    ['VK_OEM_1 de', de, 186, 0, 'BracketLeft'],
    ['VK_OEM_1 fr', fr, 186, 0, 'BracketRight'],
    ['VK_OEM_3 de', de, 192, 0, 'Semicolon'],
    ['VK_OEM_102', de, 226, 0, 'IntlBackslash'],
    ['VK_OEM_COMMA fr', fr, 188, 0, 'KeyM'],
    ['Firefox semicolon', us, 59, 0, 'Semicolon'],
    ['Firefox equals', us, 61, 0, 'Equal'],
    ['Firefox minus', us, 173, 0, 'Minus'],
    ['Firefox minus de', de, 173, 0, 'Slash'],
    ['Firefox plus de', de, 171, 0, 'BracketRight'],
    ['back of a phone', us, 158, 0, 'BrowserBack'],
    ['home of a phone', us, 172, 0, 'BrowserHome'],
  ])('%s', (_name, map, key, location, code) => {
    expect(resolveKey(map, { key, location })?.keycode).toBe(keycodeOfCode[code]);
  });

  it('prefers a known code, and falls back to the key for an unknown one', () => {
    expect(resolveKey(de, { key: 90, location: 0, code: 'KeyZ' })?.keycode).toBe(keycodeOfCode.KeyZ);
    expect(resolveKey(us, { key: 65, location: 0, code: 'Unidentified' })?.keycode).toBe(keycodeOfCode.KeyA);
    expect(resolveKey(us, { key: 65, location: 0, code: 'toString' })?.keycode).toBe(keycodeOfCode.KeyA);
  });

  it('ignores keys in composition and unknown ones', () => {
    expect(resolveKey(us, { key: 229, location: 0 })).toBeUndefined();
    expect(resolveKey(us, { key: 255, location: 0 })).toBeUndefined();
    expect(resolveKey(us, { key: 0, location: 0, code: '' })).toBeUndefined();
  });

  it.each([
    [97, 3, true],
    [97, 0, true],
    [110, 3, true],
    [35, 3, false],
    [12, 3, false],
    [35, 0, undefined],
    [107, 3, undefined],
    [65, 0, undefined],
  ])('knows NumLock from key %i at location %i', (key, location, numLock) => {
    expect(resolveKey(us, { key, location })?.numLock).toBe(numLock);
  });

  it('never gives a key outside the table, whatever the client sends', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.option(fc.string(), { nil: undefined }), (key, location, code) => {
        const resolved = resolveKey(us, code === undefined ? { key, location } : { key, location, code });
        return resolved === undefined || physicalKeycodes.has(resolved.keycode);
      }),
    );
  });
});

describe('releaseCandidates', () => {
  it('begins with the exact key and includes its other locations', () => {
    expect(releaseCandidates(us, { key: 16, location: 2 })).toEqual([62, 50]);
    expect(releaseCandidates(us, { key: 16, location: 0 })).toEqual([50, 62]);
    expect(releaseCandidates(us, { key: 255, location: 0 })).toEqual([]);
  });
});

describe('keysyms', () => {
  it.each([
    ['a', 0x61],
    ['ä', 0xe4],
    ['€', 0x0100_20ac],
    ['你', 0x0100_4f60],
    ['🙂', 0x0101_f642],
  ])('of %s', (character, keysym) => {
    expect(keysymOfCodePoint(character.codePointAt(0) ?? 0)).toBe(keysym);
  });

  it('are found without Shift before those with Shift', () => {
    expect(findKeysym(fr, '1'.charCodeAt(0))).toEqual({ keycode: 10, shift: true });
    expect(findKeysym(fr, '-'.charCodeAt(0))).toEqual({ keycode: 15, shift: false });
    expect(findKeysym(fr, 0x4f60)).toBeUndefined();
  });
});

it('lends only keycodes that nobody can press and that are no modifiers', () => {
  const lendable = borrowableKeycodes(us);
  expect(lendable.length).toBeGreaterThan(80);
  expect(lendable.some((keycode) => physicalKeycodes.has(keycode) || keycode === 92)).toBe(false);
});
