import { posix } from 'node:path';
import type { PackageEntry } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkManifestTree, isInnerLink, isPackagePath } from './package-paths.js';

const file = (path: string, sizeBytes = 1): PackageEntry => ({
  type: 'file',
  path,
  sizeBytes,
  sha256: '0'.repeat(64),
  executable: false,
});
const manifest = (...entries: PackageEntry[]) => ({
  formatVersion: 1 as const,
  totalBytes: entries.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.sizeBytes : 0), 0),
  entries,
});

describe('isPackagePath', () => {
  it.each(['a', 'bin/game', 'données/été.dat', 'a b/c'])('accepts %s', (path) => {
    expect(isPackagePath(path)).toBe(true);
  });
  it.each(['', '/etc', '..', 'a/../b', './a', 'a//b', 'a/', 'a\\b', 'a\0b', 'x'.repeat(256)])('refuses %j', (path) => {
    expect(isPackagePath(path)).toBe(false);
  });
  it('never leads out of its root', () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        if (isPackagePath(path)) expect(posix.join('/root', path).startsWith('/root/')).toBe(true);
      }),
    );
  });
});

describe('isInnerLink', () => {
  it.each([
    ['lib/a.so', 'a.so.1'],
    ['a/b', '../c'],
    ['a/b', '../c/./d'],
  ])('accepts %s → %s', (path, target) => expect(isInnerLink(path, target)).toBe(true));
  it.each([
    ['a', '..'],
    ['a/b', '../../c'],
    ['a', '/etc/passwd'],
    ['a', ''],
    ['a', 'b/../../c'],
  ])('refuses %s → %s', (path, target) => expect(isInnerLink(path, target)).toBe(false));
  it('agrees with the file system about where a link leads', () => {
    const segment = fc.constantFrom('..', '.', 'a', 'b');
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('d', 'e'), { minLength: 1 }),
        fc.array(segment, { minLength: 1 }),
        (at, to) => {
          const target = to.join('/');
          const reached = posix.resolve('/root/package', ...at.slice(0, -1), target);
          const inside = reached === '/root/package' || reached.startsWith('/root/package/');
          if (isInnerLink(at.join('/'), target)) expect(inside).toBe(true);
        },
      ),
    );
  });
});

describe('checkManifestTree', () => {
  it('accepts a tree with directories, files and links', () => {
    const link: PackageEntry = { type: 'symlink', path: 'lib/l.so', target: 'l.so.1' };
    expect(() =>
      checkManifestTree(manifest({ type: 'directory', path: 'lib' }, file('lib/l.so.1'), link), 10),
    ).not.toThrow();
  });
  it.each<[string, Parameters<typeof checkManifestTree>[0], string]>([
    ['an unsafe path', manifest(file('../x')), 'unsafe path'],
    ['a double path', manifest(file('x'), file('x')), 'twice'],
    ['a file below a file', manifest(file('x'), file('x/y')), 'below'],
    ['a file below a link', manifest({ type: 'symlink', path: 'd', target: 'e' }, file('d/y')), 'below'],
    ['an outer link', manifest({ type: 'symlink', path: 'd', target: '../e' }), 'out of the package'],
    ['a wrong total', { ...manifest(file('x', 5)), totalBytes: 4 }, 'add up'],
  ])('refuses %s', (_name, tree, message) => {
    expect(() => checkManifestTree(tree, 10)).toThrowError(
      expect.objectContaining({ code: 'package-invalid', message: expect.stringContaining(message) }),
    );
  });
  it('refuses more entries than the bound', () => {
    expect(() => checkManifestTree(manifest(file('a'), file('b')), 1)).toThrow(/longer than 1/);
  });
});
