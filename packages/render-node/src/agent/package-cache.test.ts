import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, type PackageRef } from '@cloudstage/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPackageCache } from './package-cache.js';
import { checkEntryPoint } from './package-entry.js';
import { storeTestPackage } from './testing/test-package.js';

let dir: string;
let opened: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'package-cache-'));
  opened = [];
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function openObject(key: string): Promise<AsyncIterable<Uint8Array>> {
  opened.push(key);
  const data = await readFile(join(dir, 'store', key)).catch(() => {
    throw new AppError('object-not-found', key);
  });
  return (async function* () {
    for (let start = 0; start < data.length; start += 100) yield data.subarray(start, start + 100);
  })();
}
const open = (maxBytes = 1_000_000) =>
  openPackageCache({ dir: join(dir, 'cache'), maxBytes, openObject, logger: pino({ level: 'silent' }) });
const store = (...files: Parameters<typeof storeTestPackage>[1]): Promise<PackageRef> =>
  storeTestPackage(join(dir, 'store'), files);

const elf = `\u007fELF${'x'.repeat(500)}`;

it('fetches once for all who ask at the same time, and keeps the package over a restart', async () => {
  const ref = await store({ path: 'bin/game', text: elf }, { path: 'data/a.txt', text: 'hello' });
  const cache = await open();
  const [one, two] = await Promise.all([cache.acquire(ref), cache.acquire(ref)]);
  expect(one.path).toBe(two.path);
  expect(opened.length).toBe(3);
  expect(await readFile(join(one.path, 'data/a.txt'), 'utf8')).toBe('hello');
  const modes = await Promise.all(['', 'bin', 'bin/game', 'data/a.txt'].map((path) => stat(join(one.path, path))));
  // A program is executable whatever the archive said; nothing is writable.
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o555, 0o555, 0o555, 0o444]);
  await (await open()).acquire(ref);
  expect(opened.length).toBe(3);
});

it('refuses content that does not match, and leaves nothing behind', async () => {
  const ref = await store({ path: 'a', text: 'good' });
  const other = await store({ path: 'b', text: 'evil' });
  const cache = await openPackageCache({
    dir: join(dir, 'cache'),
    maxBytes: 1_000,
    logger: pino({ level: 'silent' }),
    openObject: (key) =>
      key.startsWith('manifests/')
        ? openObject(key)
        : Promise.resolve(
            (async function* () {
              yield Buffer.from('evil');
            })(),
          ),
  });
  await expect(cache.acquire(ref)).rejects.toMatchObject({ code: 'package-unavailable' });
  await expect(cache.acquire(other)).resolves.toBeDefined();
  expect((await readdir(join(dir, 'cache'))).sort()).toEqual([other.manifestSha256, `${other.manifestSha256}.json`]);
});

it('refuses unknown packages and wrong references', async () => {
  const cache = await open();
  await expect(cache.acquire({ manifestSha256: 'a'.repeat(64) })).rejects.toMatchObject({
    code: 'package-unavailable',
  });
  await expect(cache.acquire({ manifestSha256: '../../etc' })).rejects.toMatchObject({ code: 'package-unavailable' });
});

it('makes room by last use and never takes what is in use', async () => {
  const text = (letter: string) => ({ path: 'a', text: letter.repeat(400) });
  const [a, b, c] = [await store(text('a')), await store(text('b')), await store(text('c'))];
  const cache = await open(900);
  const leaseA = await cache.acquire(a);
  (await cache.acquire(b)).release();
  (await cache.acquire(c)).release();
  expect((await readdir(join(dir, 'cache'))).sort()).toEqual(
    [a, c].flatMap(({ manifestSha256 }) => [manifestSha256, `${manifestSha256}.json`]).sort(),
  );
  leaseA.release();
  (await cache.acquire(b)).release();
  expect(await readdir(join(dir, 'cache'))).not.toContain(a.manifestSha256);
});

it('checks the entry point of a package', async () => {
  const ref = await store(
    { path: 'bin/game', text: elf },
    { path: 'start.sh', text: '#!/bin/sh\n', executable: true },
    { path: 'game.exe', text: 'MZ...' },
    { path: 'lib/libx.so', text: elf },
  );
  const { path } = await (await open()).acquire(ref);
  expect(await checkEntryPoint(path, './bin/game')).toEqual({ entryPath: 'bin/game', hasLibraryDir: true });
  for (const entry of ['start.sh', 'game.exe', 'bin', 'bin/none', '../../../../bin/sh', '', '/etc/passwd']) {
    await expect(checkEntryPoint(path, entry), entry).rejects.toMatchObject({ code: 'entry-not-found' });
  }
});
