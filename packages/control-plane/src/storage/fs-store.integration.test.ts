import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@cloudstage/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFsStore } from './fs-store.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cloudstage-store-'));
});
afterEach(() => rm(dir, { recursive: true }));

const key = `blobs/${'a'.repeat(64)}`;
async function* chunks(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}
async function* broken() {
  yield Buffer.from('half');
  throw new Error('the sender has gone');
}
const text = async (source: AsyncIterable<Uint8Array>) => {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts).toString();
};

it('stores, reads and deletes', async () => {
  const store = await openFsStore(dir);
  await store.put(key, chunks('one ', 'two'));
  expect(await store.has(key)).toBe(true);
  expect(await text(await store.open(key))).toBe('one two');
  await store.delete(key);
  await store.delete(key);
  expect(await store.has(key)).toBe(false);
  await expect(store.open(key)).rejects.toSatisfy((error) => isAppError(error, 'object-not-found'));
});

it('shows nothing of an object whose sender failed', async () => {
  const store = await openFsStore(dir);
  await expect(store.put(key, broken())).rejects.toThrow('the sender has gone');
  expect(await store.has(key)).toBe(false);
  expect(await readdir(join(dir, 'tmp'))).toEqual([]);
});

it('throws away what a crash has left unfinished', async () => {
  await openFsStore(dir);
  await writeFile(join(dir, 'tmp', 'half'), 'half');
  await openFsStore(dir);
  expect(await readdir(join(dir, 'tmp'))).toEqual([]);
});

it.each(['blobs/../../etc/passwd', 'blobs/abc', '/etc/passwd', 'other/'.padEnd(70, 'a'), ''])(
  'refuses the key %j',
  async (bad) => {
    const store = await openFsStore(dir);
    const refused = (error: unknown) => isAppError(error, 'object-key-invalid');
    await expect((async () => store.open(bad))()).rejects.toSatisfy(refused);
    await expect((async () => store.put(bad, chunks('x')))()).rejects.toSatisfy(refused);
  },
);

it('bounds content of unknown length', async () => {
  const store = await openFsStore(dir);
  const tooLarge = store.putContent('blobs', chunks('12345', '6'), { maxBytes: 5 });
  await expect(tooLarge).rejects.toSatisfy((error) => isAppError(error, 'object-too-large'));
  const stored = await store.putContent('blobs', chunks('12345'), { maxBytes: 5 });
  expect(stored).toMatchObject({ sizeBytes: 5, isNew: true });
  expect(await store.putContent('blobs', chunks('12345'), { maxBytes: 5 })).toMatchObject({ isNew: false });
});
