import { isAppError, type PackageManifest } from '@cloudstage/protocol';
import { expect, it } from 'vitest';
import type { FileKind } from './file-kind.js';
import { checkProgram, normaliseProgramPath, suggestPrograms } from './program-path.js';

it.each([
  ['./bin/game', 'bin/game'],
  ['/bin//game', 'bin/game'],
  ['bin\\deep\\game', 'bin/deep/game'],
  ['My Games/ce\u0301le\u0300bre 游戏/x', 'My Games/célèbre 游戏/x'],
  ['../game', '../game'],
  ['', ''],
])('%s becomes %s', (text, path) => {
  expect(normaliseProgramPath(text)).toBe(path);
});

it('suggests programs of the same name, else the first programs', () => {
  const file = (path: string, executable: boolean) => ({
    type: 'file' as const,
    path,
    sizeBytes: 1,
    sha256: '0'.repeat(64),
    executable,
  });
  const names = Array.from({ length: 9 }, (_, i) => file(`top/tool${i}`, true));
  const entries = [
    { type: 'directory' as const, path: 'top' },
    file('top/bin/Game', false),
    file('top/data', false),
    ...names,
  ];
  const manifest: PackageManifest = { formatVersion: 1, totalBytes: 1, entries };
  expect(suggestPrograms(manifest, 'bin/game')).toEqual(['top/bin/Game']);
  expect(suggestPrograms(manifest, 'tool3')).toEqual(['top/tool3']);
  expect(suggestPrograms(manifest, 'bin/none')).toEqual(names.slice(0, 5).map(({ path }) => path));
});

it.each<[FileKind | null, string | null]>([
  ['elf', null],
  [null, null],
  ['script', 'entry-not-program: bin/x is a script; name the program that it starts'],
  ['pe', 'entry-not-program: bin/x is a Windows program; this version runs Linux programs only'],
  ['data', 'entry-not-program: bin/x is not a program (an ELF file)'],
])('a program of kind %s: %s', (kind, refusal) => {
  const entries = [{ type: 'symlink' as const, path: 'bin/x', target: 'y' }];
  const manifest: PackageManifest = { formatVersion: 1, totalBytes: 1, entries };
  const check = (entryPath: string) => {
    try {
      checkProgram(entryPath, { manifestSha256: '', manifest, kindOf: () => kind });
      return null;
    } catch (error) {
      return isAppError(error) ? `${error.code}: ${error.message}` : error;
    }
  };
  expect(check('./bin/x')).toBe(refusal);
  expect(check('bin')).toBe('entry-not-found: the package has no file bin');
});
