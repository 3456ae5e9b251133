import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announcedMode, type CursorState, decideCursor, initialCursorState, wantsImages } from './cursor-state.js';

const image = { data: 'AAAA', hotspotx: 3, hotspoty: 4 };
const css = 'url(data:image/png;base64,AAAA) 3 4, auto';
const state = (change: Partial<CursorState>): CursorState => ({ ...initialCursorState, ...change });

describe('decideCursor', () => {
  it.each([
    ['local', {}, false, { css: 'auto', lock: 'release', drawn: false, moves: 'absolute', shown: true }],
    [
      'local with an image of the page',
      { defaultImageUrl: 'https://x/c.png' },
      false,
      { css: 'url("https://x/c.png") 0 0, auto' },
    ],
    ['local ignores images of the server', { image }, false, { css: 'auto' }],
    ['image', { mode: 1, image }, false, { css, moves: 'absolute' }],
    ['custom image', { mode: 3, image }, false, { css }],
    ['drawn into the video', { mode: 2, image }, false, { css: 'none', lock: 'release', moves: 'absolute' }],
    [
      'hidden by the server',
      { mode: 1, image, visible: false },
      false,
      { css: 'none', lock: 'request', moves: 'delta', shown: false },
    ],
    [
      'hidden, page forbids locking',
      { visible: false, canLock: false },
      false,
      { lock: 'release', moves: 'delta', css: 'none' },
    ],
    [
      'hidden, page forces it to show',
      { visible: false, force: 'forceShow' },
      false,
      { lock: 'release', moves: 'absolute', shown: true },
    ],
    ['shown, page forces the lock', { force: 'forceLock' }, false, { lock: 'request', moves: 'delta', shown: false }],
    [
      'relative, before the lock',
      { mode: 5, image },
      false,
      { css: 'auto', lock: 'keep', drawn: false, moves: 'absolute' },
    ],
    ['relative, locked', { mode: 5, image }, true, { drawn: true, moves: 'delta', lock: 'keep' }],
    ['relative, locked and hidden', { mode: 5, image, visible: false }, true, { drawn: false, moves: 'delta' }],
    ['positions of the server', { mode: 4, image }, false, { drawn: true, moves: 'delta' }],
    [
      'touch mode never locks nor hides',
      { interact: 'touch', visible: false },
      false,
      { lock: 'release', moves: 'absolute', shown: true },
    ],
    ['mobile draws it', { mobile: true }, false, { drawn: true }],
    ['mobile, switched off by the server', { mobile: true, mobileShowCursor: false }, false, { drawn: false }],
    ['mobile, drawn into the video', { mobile: true, mode: 2 }, false, { drawn: false }],
  ] as const)('%s', (_name, change, locked, expected) => {
    expect(decideCursor(state(change), locked)).toMatchObject(expected);
  });

  it('leaves an encoded address as it is', () => {
    const url = 'https://x/a%20b.png?c=(1)';
    expect(decideCursor(state({ defaultImageUrl: url }), false).css).toBe(`url("${url}") 0 0, auto`);
  });

  it('never breaks out of the CSS value', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        fc.string({ unit: 'binary' }),
        (url, tail) => {
          const value = decideCursor(state({ defaultImageUrl: `${url}")${tail}` }), false).css;
          expect(value.slice(5, value.lastIndexOf('")'))).not.toMatch(/["\\\n\r\f]/);
        },
      ),
    );
  });
});

it('modes: who gets images, and what is announced', () => {
  expect([0, 1, 2, 3, 4, 5].map(wantsImages)).toEqual([false, true, false, false, true, true]);
  expect([0, 1, 2, 3, 4, 5].map(announcedMode)).toEqual([0, 1, 2, 3, 1, 5]);
});
