import type { PackageManifest } from '@cloudstage/protocol';
import { expect, it } from 'vitest';
import { normaliseProgramPath, suggestPrograms } from './program-path.js';

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
  expect(suggestPrograms(manifest, 'bin/none')).toEqual(names.slice(0, 5).map(({ path }) => path));
});
