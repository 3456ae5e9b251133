import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@cloudstage/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSecretBox, loadMasterKey } from './secret-box.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cloudstage-key-'));
});
afterEach(() => rm(dir, { recursive: true }));
const box = createSecretBox(Buffer.alloc(32, 1));
const unreadable = (attempt: () => unknown) =>
  expect(attempt).toThrow(expect.toSatisfy((error: unknown) => isAppError(error, 'secret-unreadable')));

it('opens what it sealed, for the same row and key only', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (plain, context) => {
      expect(box.open(box.seal(plain, context), context)).toBe(plain);
    }),
  );
  const sealed = box.seal('secret', 'row-1');
  expect(box.seal('secret', 'row-1')).not.toBe(sealed);
  unreadable(() => box.open(sealed, 'row-2'));
  unreadable(() => createSecretBox(Buffer.alloc(32, 2)).open(sealed, 'row-1'));
});

it('notices every changed character', () => {
  const sealed = box.seal('secret', 'row-1');
  for (let i = 0; i < sealed.length; i += 1) {
    const changed = `${sealed.slice(0, i)}${sealed[i] === 'A' ? 'Q' : 'A'}${sealed.slice(i + 1)}`;
    if (changed !== sealed) unreadable(() => box.open(changed, 'row-1'));
  }
  unreadable(() => box.open('', 'row-1'));
});

it('makes the master key once with mode 0600, and prefers the configured one', async () => {
  const path = join(dir, 'sub', 'master.key');
  const made = await loadMasterKey({ configured: '', path });
  expect(made).toHaveLength(32);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await loadMasterKey({ configured: '', path })).toEqual(made);
  const own = Buffer.alloc(32, 9);
  expect(await loadMasterKey({ configured: own.toString('base64'), path })).toEqual(own);
  expect((await readFile(path, 'utf8')).trim()).toBe(made.toString('base64'));
});

it('refuses a master key that is none', async () => {
  const path = join(dir, 'master.key');
  await writeFile(path, 'short');
  const invalid = (error: unknown) => isAppError(error, 'master-key-invalid');
  await expect(loadMasterKey({ configured: '', path })).rejects.toSatisfy(invalid);
  await expect(loadMasterKey({ configured: 'c2hvcnQ=', path })).rejects.toSatisfy(invalid);
});
