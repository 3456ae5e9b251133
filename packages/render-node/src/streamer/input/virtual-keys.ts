/**
 * Legacy `keyCode` values (Windows virtual keys with browsers' own additions) as keys of a keyboard.
 * @see UI Events "Legacy key attributes"; Windows "Virtual-Key Codes"
 */

/** Left, right and keypad variants of a key by `location`: 0 standard, 1 left, 2 right, 3 keypad. */
type Located = readonly [standard: string, left: string, right: string, numpad: string];

const everywhere = (code: string): Located => [code, code, code, code];
const sided = (name: string): Located => [`${name}Left`, `${name}Left`, `${name}Right`, `${name}Left`];
const orNumpad = (code: string, numpad: string): Located => [code, code, code, numpad];

const functionKeys = Array.from({ length: 24 }, (_, index): [number, Located] => [
  112 + index,
  everywhere(`F${index + 1}`),
]);
const numpadDigits = Array.from({ length: 10 }, (_, index): [number, Located] => [
  96 + index,
  everywhere(`Numpad${index}`),
]);

/** Keys that are in the same place in every layout. */
export const locatedCodes: ReadonlyMap<number, Located> = new Map<number, Located>([
  [8, everywhere('Backspace')],
  [9, everywhere('Tab')],
  [12, everywhere('Numpad5')],
  [13, orNumpad('Enter', 'NumpadEnter')],
  [16, sided('Shift')],
  [17, sided('Control')],
  [18, sided('Alt')],
  [19, everywhere('Pause')],
  [20, everywhere('CapsLock')],
  [21, everywhere('Lang1')],
  [25, everywhere('Lang2')],
  [27, everywhere('Escape')],
  [28, everywhere('Convert')],
  [29, everywhere('NonConvert')],
  [32, everywhere('Space')],
  [33, orNumpad('PageUp', 'Numpad9')],
  [34, orNumpad('PageDown', 'Numpad3')],
  [35, orNumpad('End', 'Numpad1')],
  [36, orNumpad('Home', 'Numpad7')],
  [37, orNumpad('ArrowLeft', 'Numpad4')],
  [38, orNumpad('ArrowUp', 'Numpad8')],
  [39, orNumpad('ArrowRight', 'Numpad6')],
  [40, orNumpad('ArrowDown', 'Numpad2')],
  [42, everywhere('PrintScreen')],
  [44, everywhere('PrintScreen')],
  [45, orNumpad('Insert', 'Numpad0')],
  [46, orNumpad('Delete', 'NumpadDecimal')],
  // 91/92/93 are Windows' left, right and menu key; WebKit on macOS reports 91 and 93 for the Command keys, Firefox 224.
  [91, ['MetaLeft', 'MetaLeft', 'MetaRight', 'MetaLeft']],
  [92, everywhere('MetaRight')],
  [93, ['ContextMenu', 'MetaLeft', 'MetaRight', 'ContextMenu']],
  [224, sided('Meta')],
  ...numpadDigits,
  [106, everywhere('NumpadMultiply')],
  [107, everywhere('NumpadAdd')],
  [108, everywhere('NumpadComma')],
  [109, everywhere('NumpadSubtract')],
  [110, everywhere('NumpadDecimal')],
  [111, everywhere('NumpadDivide')],
  ...functionKeys,
  // Key of a mobile client (139 menu, 158 back); 172 is both its home key and Windows' browser home.
  [139, everywhere('ContextMenu')],
  [158, everywhere('BrowserBack')],
  [144, everywhere('NumLock')],
  [145, everywhere('ScrollLock')],
  [160, everywhere('ShiftLeft')],
  [161, everywhere('ShiftRight')],
  [162, everywhere('ControlLeft')],
  [163, everywhere('ControlRight')],
  [164, everywhere('AltLeft')],
  [165, everywhere('AltRight')],
  [166, everywhere('BrowserBack')],
  [167, everywhere('BrowserForward')],
  [168, everywhere('BrowserRefresh')],
  [169, everywhere('BrowserStop')],
  [170, everywhere('BrowserSearch')],
  [172, everywhere('BrowserHome')],
  [174, everywhere('AudioVolumeDown')],
  [175, everywhere('AudioVolumeUp')],
  [176, everywhere('MediaTrackNext')],
  [177, everywhere('MediaTrackPrevious')],
  [178, everywhere('MediaStop')],
  [179, everywhere('MediaPlayPause')],
  [180, everywhere('LaunchMail')],
  [181, everywhere('MediaSelect')],
  [182, everywhere('LaunchApp1')],
  [183, everywhere('LaunchApp2')],
  [193, everywhere('IntlRo')],
  [225, everywhere('AltRight')],
]);

/**
 * Keys whose `keyCode` names a character: where they are depends on the layout, so they are looked up by that character.
 * 59, 61, 171 and 173 are Firefox's own numbers for `;`, `=`, `+` and `-` (173 is also Windows' mute key: text wins).
 */
export function characterOfKey(key: number): string | undefined {
  if (key >= 48 && key <= 57) return String.fromCharCode(key);
  if (key >= 65 && key <= 90) return String.fromCharCode(key + 32);
  return firefoxCharacters.get(key);
}

const firefoxCharacters: ReadonlyMap<number, string> = new Map([
  [59, ';'],
  [60, '<'],
  [61, '='],
  [171, '+'],
  [173, '-'],
]);

const ansiOem: readonly (readonly [number, string])[] = [
  [186, 'Semicolon'],
  [187, 'Equal'],
  [188, 'Comma'],
  [189, 'Minus'],
  [190, 'Period'],
  [191, 'Slash'],
  [192, 'Backquote'],
  [219, 'BracketLeft'],
  [220, 'Backslash'],
  [221, 'BracketRight'],
  [222, 'Quote'],
  [223, 'Backquote'],
  [226, 'IntlBackslash'],
];

/** Where each layout of Windows puts the OEM keys; layouts not listed use the places of an ANSI keyboard. */
const oemByLayout: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  de: [
    [186, 'BracketLeft'],
    [187, 'BracketRight'],
    [189, 'Slash'],
    [191, 'Backslash'],
    [192, 'Semicolon'],
    [219, 'Minus'],
    [220, 'Backquote'],
    [221, 'Equal'],
  ],
  fr: [
    [186, 'BracketRight'],
    [188, 'KeyM'],
    [190, 'Comma'],
    [191, 'Period'],
    [192, 'Quote'],
    [219, 'Minus'],
    [220, 'Backslash'],
    [221, 'BracketLeft'],
    [222, 'Backquote'],
    [223, 'Slash'],
  ],
};

/** OEM keys of a layout, by virtual key, as physical keys. */
export function oemCodes(layout: string): ReadonlyMap<number, string> {
  return new Map([...ansiOem, ...(oemByLayout[layout] ?? [])]);
}

/** Where the key stands on an ANSI keyboard: the fall-back for layouts without Latin characters. */
export function ansiCodeOfCharacter(character: string): string | undefined {
  if (/^[a-z]$/.test(character)) return `Key${character.toUpperCase()}`;
  if (/^[0-9]$/.test(character)) return `Digit${character}`;
  return ansiPunctuation[character];
}

const ansiPunctuation: Readonly<Record<string, string>> = {
  ';': 'Semicolon',
  '=': 'Equal',
  '+': 'Equal',
  '-': 'Minus',
  '<': 'IntlBackslash',
};

/** Keypad keys that mean a digit or a movement depending on NumLock: the client's state is visible in its `keyCode`. */
export function numLockOfKey(key: number, location: number): boolean | undefined {
  if ((key >= 96 && key <= 105) || key === 110) return true;
  if (location !== 3) return undefined;
  return key === 12 || (key >= 33 && key <= 40) || key === 45 || key === 46 ? false : undefined;
}
