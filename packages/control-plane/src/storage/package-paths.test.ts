import { isAppError, type PackageEntry } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseEntryPath } from './entry-path.js';
import { checkLinks } from './package-links.js';

describe('normaliseEntryPath', () => {
  it.each([
    ['a/b', 'a/b'],
    ['./a//b/', 'a/b'],
    ['./', ''],
    ['.', ''],
    ['a/./b', 'a/b'],
    ['..a/b..', '..a/b..'],
    ['cafe\u0301', 'caf\u00e9'],
  ])('%j → %j', (name, path) => {
    expect(normaliseEntryPath(name)).toBe(path);
  });

  it('gives a path inside the tree or refuses, and leaves its own results alone', () => {
    const name = fc.array(fc.constantFrom('..', '.', '', 'a', 'b\\c', 'C:', '\0', 'é', '/'), { maxLength: 8 });
    fc.assert(
      fc.property(name, (segments) => {
        let path: string;
        try {
          path = normaliseEntryPath(segments.join('/'));
        } catch (error) {
          expect(isAppError(error, 'package-path-invalid')).toBe(true);
          return;
        }
        expect(path.split('/')).not.toContain('..');
        expect(path.startsWith('/')).toBe(false);
        expect(normaliseEntryPath(path)).toBe(path);
      }),
    );
  });
});

describe('checkLinks', () => {
  /** Follows a path as the kernel does; true when it ever steps above the root. */
  const escapes = (start: string, links: ReadonlyMap<string, string>): boolean => {
    const position = start.split('/').slice(0, -1);
    const pending = [start.split('/').at(-1)!];
    for (let steps = 0; pending.length > 0 && steps < 10_000; steps += 1) {
      const segment = pending.shift()!;
      if (segment === '' || segment === '.') continue;
      if (segment === '..') {
        if (position.length === 0) return true;
        position.pop();
        continue;
      }
      const target = links.get([...position, segment].join('/'));
      if (target === undefined) position.push(segment);
      else pending.unshift(...target.split('/'));
    }
    return false;
  };

  it('never lets a tree pass in which a link leads out', () => {
    const segment = fc.constantFrom('a', 'b', 'c', '..');
    const target = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
    const path = fc
      .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.dictionary(path, target, { maxKeys: 6 }), (tree) => {
        const links = new Map(Object.entries(tree));
        const entries = [...links].map(
          ([linkPath, linkTarget]): PackageEntry => ({ type: 'symlink', path: linkPath, target: linkTarget }),
        );
        try {
          checkLinks(entries);
        } catch (error) {
          expect(isAppError(error)).toBe(true);
          return;
        }
        for (const linkPath of links.keys()) expect(escapes(linkPath, links)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('allows links inside the tree, also dangling ones', () => {
    expect(() =>
      checkLinks([
        { type: 'symlink', path: 'lib/libx.so', target: 'libx.so.1' },
        { type: 'symlink', path: 'lib/up', target: '../data/./x' },
        { type: 'symlink', path: 'lib/again', target: 'up/more' },
      ]),
    ).not.toThrow();
  });
});
