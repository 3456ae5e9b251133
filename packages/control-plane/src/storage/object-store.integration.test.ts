import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@cloudstage/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalObject, ObjectStore } from './object-store.js';
import { S3Bucket } from './s3-bucket.js';
import { startS3Server } from './s3-server.testkit.js';
import { openStagingArea, stageContent } from './staging.js';
import { chunks, filesBelow, readAll, type TestStore, testStores } from './stores.testkit.js';

const key = `blobs/${'a'.repeat(64)}`;
const hashOf = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
async function* broken() {
  yield Buffer.from('half');
  throw new Error('the sender has gone');
}
const failsWith = (code: string) => (error: unknown) => isAppError(error, code);
const hour = 3_600_000;

describe.each(testStores)('object store: %s', (_name, openTestStore) => {
  let test: TestStore;
  let store: ObjectStore;
  beforeEach(async () => {
    test = await openTestStore();
    store = test.store;
  });
  afterEach(() => test.close());

  const publish = async (contents: readonly (string | Buffer)[]) => {
    const staging = await store.stage();
    const objects: LocalObject[] = [];
    for (const content of contents) {
      const { sha256, path, sizeBytes } = await stageContent(staging, chunks(content), { maxBytes: 1e9 });
      objects.push({ key: `blobs/${sha256}`, path, sizeBytes });
    }
    const fractions: number[] = [];
    await store.publish(objects, { onProgress: (fraction) => fractions.push(fraction) });
    await staging.remove();
    return { keys: objects.map((object) => object.key), fractions };
  };

  it('stores, reads and deletes', async () => {
    await store.put(key, chunks('one ', 'two'));
    expect(await store.has(key)).toBe(true);
    expect(await store.stat(key)).toMatchObject({ key, sizeBytes: 7 });
    expect((await readAll(await store.open(key))).toString()).toBe('one two');
    await store.delete(key);
    await store.delete(key);
    expect(await store.has(key)).toBe(false);
    expect(await store.touch(key)).toBe(false);
    await expect(store.open(key)).rejects.toSatisfy(failsWith('object-not-found'));
  });

  it('shows nothing of an object whose sender failed', async () => {
    const before = await filesBelow(test.directory);
    await expect(store.put(key, broken())).rejects.toThrow('the sender has gone');
    expect(await store.has(key)).toBe(false);
    expect(await filesBelow(test.directory)).toEqual(before);
  });

  it('publishes many files at once, large ones in parts, and each only once', async () => {
    const large = randomBytes(40 * 1024 ** 2);
    const small = Array.from({ length: 30 }, (_, i) => `content ${i}`);
    const { keys, fractions } = await publish([...small, large, '']);
    expect(fractions.at(-1)).toBe(1);
    expect((await readAll(await store.open(`blobs/${hashOf(large)}`))).equals(large)).toBe(true);
    expect((await readAll(await store.open(`blobs/${hashOf('')}`))).length).toBe(0);
    const before = (await filesBelow(test.directory)).sort();
    await publish([...small, large]);
    expect((await filesBelow(test.directory)).sort()).toEqual(before);
    for (const each of keys) expect(await store.has(each)).toBe(true);
  });

  it('gives up on a signal', async () => {
    const staging = await store.stage();
    const { sha256, path, sizeBytes } = await stageContent(staging, chunks('x'), { maxBytes: 9 });
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    const attempt = store.publish([{ key: `blobs/${sha256}`, path, sizeBytes }], { signal });
    await expect(attempt).rejects.toThrow('no longer wanted');
    expect(await store.has(`blobs/${sha256}`)).toBe(false);
    await staging.remove();
  });

  it('lists in order, page by page', async () => {
    const { keys } = await publish(Array.from({ length: 25 }, (_, i) => `${i}`));
    await store.put(`manifests/${'0'.repeat(64)}`, chunks('m'));
    const found: string[] = [];
    for (let after = ''; ; ) {
      const page = await store.list('blobs', { after, limit: 10 });
      found.push(...page.map((facts) => facts.key));
      after = page.at(-1)?.key ?? '';
      if (page.length < 10) break;
    }
    expect(found).toEqual([...keys].sort());
    expect(await store.list('manifests', { after: '', limit: 10 })).toMatchObject([{ sizeBytes: 1 }]);
    expect(await store.list('blobs', { after: `blobs/${'f'.repeat(64)}`, limit: 10 })).toEqual([]);
  });

  it('removes only what is old, and publishing or touching makes young', async () => {
    const now = Date.now();
    const { keys } = await publish(['kept by a publish', 'kept by a touch', 'old']);
    const [published = '', touched = '', old = ''] = keys;
    for (const each of keys) {
      await test.age(each, now - 48 * hour);
      expect((await store.stat(each))?.modifiedAt).toBeLessThan(now - 47 * hour);
    }
    await publish(['kept by a publish']);
    expect(await store.touch(touched)).toBe(true);
    const before = now - 24 * hour;
    expect(await store.deleteIfOlder(published, before)).toBe(false);
    expect(await store.deleteIfOlder(touched, before)).toBe(false);
    expect(await store.deleteIfOlder(old, before)).toBe(true);
    expect(await store.deleteIfOlder(old, before)).toBe(false);
    expect(await Promise.all(keys.map((each) => store.has(each)))).toEqual([true, true, false]);
    expect((await readAll(await store.open(published))).toString()).toBe('kept by a publish');
  });

  it('is shared by control planes: opening it again takes nothing of the other', async () => {
    const staging = await store.stage();
    await writeFile(join(staging.path, 'half'), 'half');
    const other = await test.reopen();
    await store.put(key, chunks('x'));
    expect(await other.has(key)).toBe(true);
    expect(await readdir(staging.path)).toEqual(['half']);
    await staging.remove();
    other.close();
  });

  it.each(['blobs/../../etc/passwd', 'blobs/abc', '/etc/passwd', 'other/'.padEnd(70, 'a'), ''])(
    'refuses the key %j',
    async (bad) => {
      const refused = failsWith('object-key-invalid');
      await expect((async () => store.open(bad))()).rejects.toSatisfy(refused);
      await expect((async () => store.stat(bad))()).rejects.toSatisfy(refused);
      await expect((async () => store.put(bad, chunks('x')))()).rejects.toSatisfy(refused);
    },
  );
});

describe('staging', () => {
  let test: TestStore;
  beforeEach(async () => {
    test = await testStores[0][1]();
  });
  afterEach(() => test.close());

  it('bounds content of unknown length', async () => {
    const staging = await test.store.stage();
    const tooLarge = stageContent(staging, chunks('12345', '6'), { maxBytes: 5 });
    await expect(tooLarge).rejects.toSatisfy(failsWith('object-too-large'));
    expect(await readdir(staging.path)).toEqual([]);
    const staged = await stageContent(staging, chunks('12', '345'), { maxBytes: 5 });
    expect(staged).toMatchObject({ sizeBytes: 5, sha256: hashOf('12345'), head: Buffer.from('12345') });
  });

  it('throws away at the start what dead processes have left, and nothing else', async () => {
    const root = join(test.directory, 'area');
    const area = await openStagingArea(root);
    const mine = await area.create();
    const child = spawn('true');
    await once(child, 'exit');
    const uuid = '00000000-0000-0000-0000-000000000000';
    for (const name of ['unknown', `${hostname()}.${child.pid}.1.${uuid}`, `${hostname()}.${process.pid}.1.${uuid}`]) {
      await mkdir(join(root, name));
      await writeFile(join(root, name, 'half'), 'half');
    }
    await mkdir(join(root, `elsewhere.1.1.${uuid}`));
    await area.sweep(Date.now());
    const kept = (await readdir(root)).map((name) => join(root, name)).sort();
    expect(kept).toEqual([join(root, `elsewhere.1.1.${uuid}`), mine.path].sort());
    await area.sweep(Date.now() + 25 * hour);
    expect(await readdir(root)).toHaveLength(1);
  });
});

describe('a bucket that cannot be used is named', () => {
  it('unreachable', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close();
    await once(server, 'close');
    const bucket = new S3Bucket({ ...unusable, endpoint: `http://127.0.0.1:${port}` });
    await expect(bucket.check()).rejects.toSatisfy(failsWith('object-store-unreachable'));
    bucket.close();
  });

  it('missing, or closed to our key', async () => {
    const test = await testStores[0][1]();
    const server = await startS3Server(join(test.directory, 'server'));
    const cases = [
      ['object-store-bucket-missing', { bucket: 'another' }],
      ['object-store-denied', { accessKeyId: 'unknown' }],
    ] as const;
    for (const [code, wrong] of cases) {
      const bucket = new S3Bucket({ ...server.settings, ...wrong });
      await expect(bucket.check()).rejects.toSatisfy(failsWith(code));
      await expect(bucket.open('blobs/x')).rejects.toSatisfy(failsWith(code));
      bucket.close();
    }
    await server.close();
    await test.close();
  });
});

const unusable = {
  endpoint: '',
  publicEndpoint: '',
  region: 'us-east-1',
  bucket: 'b',
  prefix: '',
  accessKeyId: 'x',
  secretAccessKey: 'x',
  forcePathStyle: true,
};
