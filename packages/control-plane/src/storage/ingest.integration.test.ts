import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { isAppError, PackageManifestSchema } from '@cloudstage/protocol';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import yazl from 'yazl';
import { buildOverlappingZip, buildZip, type RawZipEntry, writeTarGz } from './archives.testkit.js';
import { openFsStore } from './fs-store.js';
import { createIngest, type IngestOptions } from './ingest.js';
import type { ObjectStore } from './object-store.js';

let dir: string;
let store: ObjectStore;
let archivePath: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cloudstage-ingest-'));
  store = await openFsStore(join(dir, 'objects'));
  archivePath = join(dir, 'package');
});
afterEach(() => rm(dir, { recursive: true }));

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const read = async (key: string) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.open(key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};
const files = async (): Promise<string[]> => {
  const found = await readdir(join(dir, 'objects'), { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
};
const ingest = (options: IngestOptions = {}) => createIngest(store, options)({ archivePath });
const zip = async (entries: readonly RawZipEntry[], options: IngestOptions = {}) => {
  await writeFile(archivePath, buildZip(entries));
  return ingest(options);
};
const failsWith = async (code: string, attempt: Promise<unknown>) => {
  const error: unknown = await attempt.then(
    () => 'nothing was thrown',
    (thrown: unknown) => thrown,
  );
  expect(isAppError(error) ? error.code : error).toBe(code);
  expect(await files()).toEqual([]);
};

describe('names of a zip archive', () => {
  it('are UTF-8 when they can be, whatever the archive says of them', async () => {
    const { manifest, kindOf } = await zip([
      { name: 'célèbre 游戏/x', content: '#!/bin/sh', flags: 0 },
      // Code page 437, as old tools for Windows write it.
      { name: Buffer.from('c\x82l', 'latin1'), content: '\x7fELF', flags: 0 },
    ]);
    expect(manifest.entries.map(({ path }) => path)).toEqual(['cél', 'célèbre 游戏/x']);
    expect([kindOf('cél'), kindOf('célèbre 游戏/x'), kindOf('none')]).toEqual(['elf', 'script', null]);
  });
});

describe('a proper package', () => {
  const expected = [
    { type: 'directory', path: 'data' },
    { type: 'file', path: 'data/level.dat', sizeBytes: 5, sha256: sha256('level'), executable: false },
    { type: 'symlink', path: 'data/latest', target: '../game' },
    { type: 'file', path: 'game', sizeBytes: 7, sha256: sha256('program'), executable: true },
  ].sort((a, b) => (a.path < b.path ? -1 : 1));

  it('gives the same manifest from zip and tar.gz', async () => {
    const fromZip = await zip([
      { name: 'data/', mode: 0o040755 },
      { name: './game', content: 'program', mode: 0o100755, deflate: true },
      { name: 'data//level.dat', content: 'level', mode: 0o100644 },
      { name: 'data/latest', content: '../game', mode: 0o120777 },
    ]);
    expect(fromZip.manifest.entries).toEqual(expected);
    expect(fromZip.manifest.totalBytes).toBe(12);
    expect(Value.Check(PackageManifestSchema, fromZip.manifest)).toBe(true);
    const stored = await read(`manifests/${fromZip.manifestSha256}`);
    expect(sha256(stored)).toBe(fromZip.manifestSha256);
    expect(JSON.parse(stored)).toEqual(fromZip.manifest);
    expect(await read(`blobs/${sha256('program')}`)).toBe('program');

    await writeTarGz(archivePath, [
      { name: './', type: 'directory' },
      { name: 'data/latest', type: 'symlink', linkname: '../game' },
      { name: 'game', content: 'program', mode: 0o700 },
      { name: 'data', type: 'directory' },
      { name: 'data/level.dat', content: 'level', mode: 0o600 },
    ]);
    expect((await ingest()).manifestSha256).toBe(fromZip.manifestSha256);
  });

  it('as an ordinary zip tool writes it, with a directory that is not listed', async () => {
    const file = new yazl.ZipFile();
    file.addBuffer(Buffer.from('#!/bin/sh\n'), 'bin/start', { mode: 0o100755 });
    file.addBuffer(Buffer.alloc(300_000, 1), 'big.bin');
    file.end();
    await pipeline(file.outputStream as unknown as Readable, createWriteStream(archivePath));
    const { manifest } = await ingest();
    expect(manifest.entries.map((entry) => entry.path)).toEqual(['big.bin', 'bin/start']);
  });

  it('made on Windows has its programs told by content', async () => {
    const { manifest } = await zip([
      { name: 'game', content: '\x7fELF....' },
      { name: 'run.sh', content: '#!/bin/sh' },
      { name: 'readme.txt', content: 'hello' },
    ]);
    expect(manifest.entries.map((entry) => entry.type === 'file' && entry.executable)).toEqual([true, false, true]);
  });

  it('keeps hard links as files of the same content', async () => {
    await writeTarGz(archivePath, [
      { name: 'a', content: 'x', mode: 0o755 },
      { name: 'b', type: 'link', linkname: 'a' },
    ]);
    const { manifest } = await ingest();
    expect(manifest.entries).toEqual([
      { type: 'file', path: 'a', sizeBytes: 1, sha256: sha256('x'), executable: true },
      { type: 'file', path: 'b', sizeBytes: 1, sha256: sha256('x'), executable: true },
    ]);
  });

  it('lies in the store with private modes, once for each content', async () => {
    await zip([
      { name: 'a', content: 'same' },
      { name: 'b', content: 'same' },
    ]);
    expect(await files()).toHaveLength(2);
    expect((await stat(join(dir, 'objects'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, 'objects', 'blobs'))).mode & 0o777).toBe(0o700);
  });
});

describe('a hostile or damaged archive is refused by name and leaves nothing behind', () => {
  const good = { name: 'good', content: 'content that must go again' };

  it.each<[string, string, RawZipEntry[]]>([
    ['traversal', 'package-path-invalid', [good, { name: '../evil', content: 'x' }]],
    ['traversal in the middle', 'package-path-invalid', [good, { name: 'a/../../evil', content: 'x' }]],
    ['an absolute path', 'package-path-invalid', [good, { name: '/etc/passwd', content: 'x' }]],
    ['backslashes', 'package-path-invalid', [good, { name: '..\\evil', content: 'x' }]],
    ['a drive letter', 'package-path-invalid', [good, { name: 'C:/evil', content: 'x' }]],
    ['a drive letter behind a dot', 'package-path-invalid', [good, { name: './C:/evil', content: 'x' }]],
    ['a NUL', 'package-path-invalid', [good, { name: 'a\0b', content: 'x' }]],
    ['a line break', 'package-path-invalid', [good, { name: 'a\nb', content: 'x' }]],
    [
      'a name that is not UTF-8',
      'package-path-invalid',
      [good, { name: Buffer.from([0x61, 0xff, 0xfe]), content: 'x' }],
    ],
    ['a name that is too long', 'package-path-invalid', [good, { name: 'n'.repeat(256), content: 'x' }]],
    ['a path that is too long', 'package-path-invalid', [good, { name: `${'n/'.repeat(1_600)}n`, content: 'x' }]],
    ['an absolute link', 'package-link-invalid', [good, { name: 'l', content: '/etc/passwd', mode: 0o120777 }]],
    ['a link out of the tree', 'package-link-invalid', [good, { name: 'a/l', content: '../../x', mode: 0o120777 }]],
    [
      'links that leave the tree only together',
      'package-link-invalid',
      [
        { name: 'p/q/l1', content: '../..', mode: 0o120777 },
        { name: 'p/q/l2', content: 'l1/../x', mode: 0o120777 },
      ],
    ],
    [
      'links in circles',
      'package-link-invalid',
      [
        { name: 'a', content: 'b', mode: 0o120777 },
        { name: 'b', content: 'a', mode: 0o120777 },
      ],
    ],
    [
      'a file below a link',
      'package-entry-conflict',
      [
        { name: 'd/', mode: 0o040755 },
        { name: 'l', content: 'd', mode: 0o120777 },
        { name: 'l/f', content: 'x' },
      ],
    ],
    ['a file below a file', 'package-entry-conflict', [good, { name: 'good/f', content: 'x' }]],
    ['two different files of one name', 'package-entry-conflict', [good, { name: './good', content: 'other' }]],
    ['a device', 'package-entry-special', [good, { name: 'dev', mode: 0o020666 }]],
    ['a pipe', 'package-entry-special', [good, { name: 'fifo', mode: 0o010666 }]],
    ['encryption', 'package-encrypted', [good, { name: 'x', content: 'x', flags: 0x801, deflate: true }]],
    [
      'a wrong size',
      'package-archive-damaged',
      [good, { name: 'x', content: 'x'.repeat(99), deflate: true, claimedBytes: 10 }],
    ],
    ['no files', 'package-empty', [{ name: 'd/', mode: 0o040755 }]],
    ['nothing at all', 'package-empty', []],
  ])('%s', async (_what, code, entries) => {
    await failsWith(code, zip(entries));
  });

  it('a bomb of zeros', async () => {
    const zeros = Buffer.alloc(70 * 1024 ** 2);
    await failsWith('package-ratio-too-high', zip([good, { name: 'zeros', content: zeros, deflate: true }]));
  });

  it('more bytes or entries than allowed', async () => {
    const two = [good, { name: 'b', content: 'b' }];
    await failsWith('package-too-many-entries', zip(two, { maxEntries: 1 }));
    await failsWith('package-too-large', zip(two, { maxTotalBytes: 20 }));
    await zip(two, { maxEntries: 2, maxTotalBytes: 27 });
  });

  it('a million entries', async () => {
    await writeFile(archivePath, buildOverlappingZip(1_000_000, Buffer.from('x')));
    await failsWith('package-too-many-entries', ingest());
  });

  it('entries that share their bytes: a bomb of many small ones', async () => {
    await writeFile(archivePath, buildOverlappingZip(10_000, randomBytes(64 * 1024)));
    await failsWith('package-ratio-too-high', ingest());
  });

  it('devices, escaping links and endless hard links in tar', async () => {
    const cases = [
      ['package-entry-special', { name: 'sda', type: 'block-device' }],
      ['package-entry-special', { name: 'tty', type: 'character-device' }],
      ['package-entry-special', { name: 'pipe', type: 'fifo' }],
      ['package-link-invalid', { name: 'l', type: 'symlink', linkname: '../x' }],
      ['package-link-invalid', { name: 'h', type: 'link', linkname: 'missing' }],
      ['package-path-invalid', { name: 'h', type: 'link', linkname: '/etc/passwd' }],
      ['package-path-invalid', { name: '../x', content: 'x' }],
    ] as const;
    for (const [code, entry] of cases) {
      await writeTarGz(archivePath, [good, entry]);
      await failsWith(code, ingest());
    }
    const hardLinks = Array.from({ length: 10 }, (_, i) => ({
      name: `h${i}`,
      type: 'link' as const,
      linkname: 'good',
    }));
    await writeTarGz(archivePath, [good, ...hardLinks]);
    await failsWith('package-too-large', ingest({ maxTotalBytes: 100 }));
  });

  it('cut off in the middle', async () => {
    await writeTarGz(archivePath, [good, { name: 'b', content: Buffer.alloc(100_000, 7) }]);
    const whole = await readFile(archivePath);
    await writeFile(archivePath, whole.subarray(0, whole.length - 60));
    await failsWith('package-archive-damaged', ingest());
    const zipped = buildZip([good]);
    await writeFile(archivePath, zipped.subarray(0, zipped.length - 10));
    await failsWith('package-archive-damaged', ingest());
  });

  it.each([
    ['text', Buffer.from('hello')],
    ['empty', Buffer.alloc(0)],
  ])('%s, whatever its name', async (_what, bytes) => {
    await writeFile(archivePath, bytes);
    await failsWith('package-format-unsupported', ingest());
  });

  it('a missing file', async () => {
    await failsWith('package-not-found', ingest());
  });

  it('without removing what an earlier package has put there', async () => {
    const first = await zip([good]);
    await zip([good, { name: '../evil', content: 'x' }]).catch(() => undefined);
    expect(await read(`blobs/${sha256(good.content)}`)).toBe(good.content);
    expect(await store.has(`manifests/${first.manifestSha256}`)).toBe(true);
  });
});

describe('a large package', () => {
  it('flows through in constant memory', async () => {
    const size = 256 * 1024 ** 2;
    const chunk = Buffer.alloc(1024 ** 2);
    for (let i = 0; i < chunk.length; i += 1) chunk[i] = (i * 2_654_435_761) >>> 24;
    const header = Buffer.alloc(512);
    header.write('big');
    header.write('0000644\0', 100);
    header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
    header.write('ustar\0', 257);
    header.write('00', 263);
    header.write('0', 156);
    header.fill(' ', 148, 156);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    async function* bytes() {
      yield header;
      for (let written = 0; written < size; written += chunk.length) yield chunk;
      yield Buffer.alloc(1024);
    }
    await pipeline(Readable.from(bytes()), createGzip({ level: 1 }), createWriteStream(archivePath));
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    }, 5);
    const { manifest } = await ingest();
    clearInterval(watch);
    expect(manifest.totalBytes).toBe(size);
    // What is left for the garbage collector is at most a share of it, whenever it comes.
    expect(peak).toBeLessThan(size / 2);
  });
});
