import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isAppError, type PackageManifest } from '@cloudstage/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../observability/logger.js';
import { buildZip, type RawZipEntry, tarBytes } from './archives.testkit.js';
import { createCollector } from './collect-garbage.js';
import { createIngest, type IngestInput } from './ingest.js';
import { loadManifest } from './package-publish.js';
import { filesBelow, type TestStore, testStores } from './stores.testkit.js';

const hour = 3_600_000;
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const pathsOf = ({ entries }: PackageManifest) => entries.map(({ path }) => path);
const failsWith = (code: string) => (error: unknown) => isAppError(error, code);
const logger = createLogger({ level: 'silent', name: 'test' });

describe.each(testStores)('packages that share a store: %s', (_name, openTestStore) => {
  let test: TestStore;
  let count = 0;
  beforeEach(async () => {
    test = await openTestStore();
  });
  afterEach(() => test.close());

  const archive = async (entries: readonly RawZipEntry[]) => {
    count += 1;
    const path = join(test.directory, `archive-${count}.zip`);
    await writeFile(path, buildZip(entries));
    return path;
  };
  const ingest = async (entries: readonly RawZipEntry[], input: Partial<IngestInput> = {}) =>
    createIngest(test.store)({ archivePath: await archive(entries), ...input });
  const has = (content: string) => test.store.has(`blobs/${sha256(content)}`);
  /** Sweeps round the whole store. */
  const collectAll = async (live: readonly string[], now: number, named: readonly string[] = []) => {
    const deps = { store: test.store, minAgeMs: 24 * hour, now: () => now, logger };
    const collect = createCollector({
      ...deps,
      listLiveManifests: async () => live,
      listLivePictures: async () => named,
      findLiveRecordings: async (hashes) => hashes.filter((hash) => named.includes(hash)),
    });
    return (await collect()) + (await collect()) + (await collect()) + (await collect());
  };

  it('an incremental update keeps what it does not replace', async () => {
    const base = await ingest([
      { name: 'bin/game', content: '\x7fELF one', mode: 0o100755 },
      { name: 'data/old', content: 'old' },
      { name: 'data/sub/deep', content: 'deep' },
      { name: 'link', content: 'data', mode: 0o120777 },
    ]);
    const update = await ingest(
      [
        { name: 'bin/game', content: '\x7fELF two', mode: 0o100755 },
        { name: 'data/sub', content: 'now a file' },
        { name: 'link/x', content: 'now a directory' },
      ],
      { base: base.manifestSha256 },
    );
    expect(pathsOf(update.manifest)).toEqual(['bin/game', 'data/old', 'data/sub', 'link/x']);
    expect(update.manifest.totalBytes).toBe(8 + 3 + 10 + 15);
    expect(update.kindOf('bin/game')).toBe('elf');
    expect(await loadManifest(test.store, update.manifestSha256)).toEqual(update.manifest);
    const broken = ingest([{ name: 'data', content: '../..', mode: 0o120777 }], { base: base.manifestSha256 });
    await expect(broken).rejects.toSatisfy(failsWith('package-link-invalid'));
    const gone = ingest([{ name: 'x', content: 'x' }], { base: '0'.repeat(64) });
    await expect(gone).rejects.toSatisfy(failsWith('package-base-unavailable'));
    await test.store.delete(`blobs/${sha256('old')}`);
    const damaged = ingest([{ name: 'x', content: 'x' }], { base: base.manifestSha256 });
    await expect(damaged).rejects.toSatisfy(failsWith('package-base-unavailable'));
  });

  it('unpacks several at a time; one that fails takes nothing from the others', async () => {
    const run = createIngest(test.store, { maxParallelIngests: 3 });
    const shared = Array.from({ length: 20 }, (_, i) => ({ name: `f${i}`, content: `shared ${i}` }));
    const inputs = [
      shared,
      [...shared, { name: '../evil', content: 'x' }],
      [...shared, { name: 'own', content: 'own' }],
    ];
    const outcomes = await Promise.allSettled(
      inputs.map(async (entries) => run({ archivePath: await archive(entries) })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    for (const { content } of shared) expect(await has(content)).toBe(true);
  });

  it('can be given up', async () => {
    const before = (await filesBelow(test.directory)).length;
    const stop = new AbortController();
    const aborted = ingest(
      [
        { name: 'a', content: 'a' },
        { name: 'b', content: 'b' },
      ],
      {
        signal: stop.signal,
        onProgress: () => stop.abort(),
      },
    );
    await expect(aborted).rejects.toSatisfy(failsWith('ingest-aborted'));
    expect((await filesBelow(test.directory)).length).toBe(before + 1);
    const late = ingest([{ name: 'a', content: 'a' }], { signal: stop.signal });
    await expect(late).rejects.toSatisfy(failsWith('ingest-aborted'));
  });

  it('a sweep removes what no version uses when it is old, and nothing else', async () => {
    const now = Date.now();
    const live = await ingest([
      { name: 'a', content: 'live' },
      { name: 'b', content: 'both' },
    ]);
    const dead = await ingest([
      { name: 'a', content: 'dead' },
      { name: 'b', content: 'both' },
    ]);
    expect(await collectAll([live.manifestSha256], now)).toBe(0);
    for (const kind of ['blobs', 'manifests'] as const) {
      for (const { key } of await test.store.list(kind, { after: '', limit: 100 }))
        await test.age(key, now - 30 * hour);
    }
    // Left by an ingest that was killed on its way, young.
    await test.store.put(
      `blobs/${sha256('half')}`,
      (async function* () {
        yield Buffer.from('half');
      })(),
    );
    expect(await collectAll([live.manifestSha256], now)).toBe(2);
    expect(await Promise.all(['live', 'both', 'dead', 'half'].map(has))).toEqual([true, true, false, true]);
    expect(await test.store.has(`manifests/${dead.manifestSha256}`)).toBe(false);
    expect(await collectAll([live.manifestSha256], now + 48 * hour)).toBe(1);
    expect(await has('half')).toBe(false);
  });

  it.each(['images', 'recordings'])('a sweep removes old %s that nothing names', async (kind) => {
    const now = Date.now();
    const objects = ['used', 'removed', 'young'];
    for (const text of objects) {
      await test.store.put(
        `${kind}/${sha256(text)}`,
        (async function* () {
          yield Buffer.from(text);
        })(),
      );
      if (text !== 'young') await test.age(`${kind}/${sha256(text)}`, now - 30 * hour);
    }
    expect(await collectAll([], now, [sha256('used')])).toBe(1);
    const left = await Promise.all(objects.map((text) => test.store.has(`${kind}/${sha256(text)}`)));
    expect(left).toEqual([true, false, true]);
  });

  it('a sweep spares what an ingest uses again, and the base of an update', async () => {
    const now = Date.now();
    const base = await ingest([
      { name: 'a', content: 'kept' },
      { name: 'b', content: 'again' },
    ]);
    const age = async () => {
      for (const kind of ['blobs', 'manifests'] as const) {
        for (const { key } of await test.store.list(kind, { after: '', limit: 100 }))
          await test.age(key, now - 30 * hour);
      }
    };
    await age();
    const update = await ingest([{ name: 'c', content: 'new' }], { base: base.manifestSha256 });
    // No version names either of them yet.
    expect(await collectAll([], now)).toBe(0);
    await age();
    const other = await ingest([{ name: 'z', content: 'again' }]);
    expect(await collectAll([other.manifestSha256], now)).toBe(4);
    expect(await Promise.all(['kept', 'again', 'new'].map(has))).toEqual([false, true, false]);
    expect(await test.store.has(`manifests/${update.manifestSha256}`)).toBe(false);
  });

  it('a sweep that cannot read a manifest removes nothing', async () => {
    const dead = await ingest([{ name: 'a', content: 'dead' }]);
    const now = Date.now() + 48 * hour;
    await expect(collectAll(['f'.repeat(64)], now)).rejects.toSatisfy(failsWith('object-not-found'));
    expect(await has('dead')).toBe(true);
    expect(await test.store.has(`manifests/${dead.manifestSha256}`)).toBe(true);
  });
});

const root = fileURLToPath(new URL('../../../../', import.meta.url));

describe('an ingest that is killed', () => {
  it('leaves nothing when the store is opened again', async () => {
    const test = await testStores[0][1]();
    const script = join(root, 'node_modules/.cache/cloudstage', `ingest-child-${process.pid}.mjs`);
    try {
      await mkdir(join(script, '..'), { recursive: true });
      await promisify(execFile)(join(root, 'node_modules/.bin/esbuild'), [
        fileURLToPath(new URL('../testing/ingest-child.testkit.ts', import.meta.url)),
        ...['--bundle', '--platform=node', '--format=esm', '--target=node20', '--packages=external'],
        `--alias:@cloudstage/protocol=${join(root, 'packages/protocol/src/index.ts')}`,
        ...['--log-level=warning', `--outfile=${script}`],
      ]);
      const files = Array.from({ length: 200 }, (_, i) => ({ name: `f${i}`, content: randomBytes(100_000) }));
      const archivePath = join(test.directory, 'archive.tar');
      await writeFile(archivePath, await tarBytes(files));
      const objects = join(test.directory, 'objects');
      const before = await usage(objects);
      const child = spawn(process.execPath, [script, objects, archivePath], { stdio: ['ignore', 'pipe', 'inherit'] });
      const gone = new Promise((resolve) => child.once('exit', resolve));
      for await (const line of createInterface({ input: child.stdout })) if (Number(line) > 0.3) break;
      child.kill('SIGKILL');
      await gone;
      expect(await usage(objects)).toBeGreaterThan(before + 1_000_000);
      const again = await test.reopen();
      expect(await usage(objects)).toBe(before);
      const { manifest } = await createIngest(again)({ archivePath });
      expect(manifest.entries).toHaveLength(files.length);
      expect(await readdir(join(objects, 'tmp'))).toEqual([]);
    } finally {
      await rm(script, { force: true });
      await test.close();
    }
  });
});

/** Bytes on disk below a directory. */
async function usage(directory: string): Promise<number> {
  let bytes = 0;
  for (const path of await filesBelow(directory)) bytes += (await stat(path)).blocks * 512;
  return bytes;
}
