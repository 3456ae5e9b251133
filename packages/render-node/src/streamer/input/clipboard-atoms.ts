import type { X11Display } from '../../x11/display.js';

/** Atoms of the selection protocol. @see ICCCM §2.6 */
export interface SelectionAtoms {
  readonly clipboard: number;
  readonly targets: number;
  readonly timestamp: number;
  readonly multiple: number;
  readonly atomPair: number;
  readonly incr: number;
  readonly utf8String: number;
  readonly text: number;
  readonly plain: number;
  readonly plainUtf8: number;
  /** Predefined by the core protocol. */
  readonly atom: number;
  readonly integer: number;
  readonly string: number;
  /** What TARGETS answers. */
  readonly offered: readonly number[];
}

/** Looks the atoms up, all at once. */
export async function internSelectionAtoms(display: X11Display): Promise<SelectionAtoms> {
  const [clipboard, targets, timestamp, multiple, atomPair, incr, utf8String, text, plain, plainUtf8] =
    await Promise.all([
      display.atom('CLIPBOARD'),
      display.atom('TARGETS'),
      display.atom('TIMESTAMP'),
      display.atom('MULTIPLE'),
      display.atom('ATOM_PAIR'),
      display.atom('INCR'),
      display.atom('UTF8_STRING'),
      display.atom('TEXT'),
      display.atom('text/plain'),
      display.atom('text/plain;charset=utf-8'),
    ]);
  const string = 31;
  return {
    clipboard,
    targets,
    timestamp,
    multiple,
    atomPair,
    incr,
    utf8String,
    text,
    plain,
    plainUtf8,
    atom: 4,
    integer: 19,
    string,
    offered: [targets, timestamp, multiple, utf8String, plainUtf8, plain, text, string],
  };
}

/** The text in ISO 8859-1, as STRING wants it; what it cannot say becomes a question mark. */
export function latin1Of(text: string): Buffer {
  return Buffer.from(
    [...text].map((character) => (character.charCodeAt(0) > 0xff ? '?' : character)).join(''),
    'latin1',
  );
}
