import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { isAppError, type PackageEntry } from '@cloudstage/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildZip, type TarEntryInput, tarBytes } from './archives.testkit.js';
import { createIngest, type IngestOptions } from './ingest.js';
import { buildEncryptedRar5, buildRar4, buildRar5 } from './rar.testkit.js';
import { filesBelow, readAll, type TestStore, testStores } from './stores.testkit.js';
import { createUnpacker } from './unpacker.js';
import { unpackerCommand } from './unpacker-command.js';

let test: TestStore;
let archivePath: string;
let work: string;
beforeEach(async () => {
  test = await testStores[0][1]();
  archivePath = join(test.directory, 'archive.7z');
  work = join(test.directory, 'work');
  await mkdir(work);
});
afterEach(() => test.close());

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const ingest = (options: IngestOptions = {}) => createIngest(test.store, options)({ archivePath });
const failsWith = async (code: string, options: IngestOptions = {}) => {
  const before = await filesBelow(join(test.directory, 'objects'));
  const error: unknown = await ingest(options).then(
    () => 'nothing was thrown',
    (thrown: unknown) => thrown,
  );
  expect(isAppError(error) ? error.code : error).toBe(code);
  expect(await filesBelow(join(test.directory, 'objects'))).toEqual(before);
};

/** Compresses as a person would, by the format's own tool. */
const compressors: Readonly<Record<string, (tar: Buffer) => Buffer>> = {
  'tar.gz': (tar) => gzipSync(tar),
  'tar.zst': (tar) => execFileSync('zstd', ['-q', '-c'], { input: tar, maxBuffer: 1e9 }),
  'tar.xz': (tar) => execFileSync('xz', ['-0', '-c'], { input: tar, maxBuffer: 1e9 }),
  'tar.bz2': (tar) => execFileSync('bzip2', ['-c'], { input: tar, maxBuffer: 1e9 }),
};
const sevenZip = (...args: string[]) => promisify(execFile)('7zz', args, { cwd: work });

const program = '\x7fELF program';
const sameTree: PackageEntry[] = [
  { type: 'directory', path: 'data' },
  { type: 'file', path: 'data/level', sizeBytes: 5, sha256: sha256('level'), executable: false },
  { type: 'symlink', path: 'data/latest', target: '../game' },
  { type: 'file', path: 'game', sizeBytes: 12, sha256: sha256(program), executable: true, kind: 'elf' as const },
];
const sorted = [...sameTree].sort((a, b) => (a.path < b.path ? -1 : 1));
const tarTree: TarEntryInput[] = [
  { name: 'data/', type: 'directory' },
  { name: 'data/level', content: 'level' },
  { name: 'data/latest', type: 'symlink', linkname: '../game' },
  { name: 'game', content: program, mode: 0o755 },
];

describe('every format gives the same package', () => {
  it.each(Object.keys(compressors))('%s', async (format) => {
    await writeFile(archivePath, compressors[format]!(await tarBytes(tarTree)));
    const fractions: number[] = [];
    const { manifest } = await createIngest(test.store)({ archivePath, onProgress: (f) => fractions.push(f) });
    expect(manifest.entries).toEqual(sorted);
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it('7z', async () => {
    await mkdir(join(work, 'data'));
    await writeFile(join(work, 'data/level'), 'level');
    await symlink('../game', join(work, 'data/latest'));
    await writeFile(join(work, 'game'), program, { mode: 0o755 });
    for (const method of ['LZMA2', 'LZMA', 'PPMd', 'BZip2', 'Deflate', 'Copy']) {
      await rm(archivePath, { force: true });
      await sevenZip('a', '-t7z', `-m0=${method}`, '-snl', archivePath, 'data', 'game');
      expect((await ingest()).manifest.entries).toEqual(sorted);
    }
  });

  it('rar, versions 4 and 5', async () => {
    const entries = [
      { name: 'data', mode: 0o040755 },
      { name: 'data/level', content: 'level' },
      { name: 'game', content: program, mode: 0o100755 },
    ];
    const link = { name: 'data/latest', content: '../game', mode: 0o120777 };
    await writeFile(archivePath, buildRar4([...entries, link]));
    expect((await ingest()).manifest.entries).toEqual(sorted);
    await writeFile(archivePath, buildRar5(entries));
    expect((await ingest()).manifest.entries).toEqual(sorted.filter(({ type }) => type !== 'symlink'));
  });
});

describe('hostile tar archives, however compressed, are refused by name', () => {
  const good = { name: 'good', content: 'content that must go again' };
  const cases: readonly [string, string, TarEntryInput[]][] = [
    ['traversal', 'package-path-invalid', [good, { name: '../evil', content: 'x' }]],
    ['an absolute path', 'package-path-invalid', [good, { name: '/etc/evil', content: 'x' }]],
    ['a path that is too long', 'package-path-invalid', [good, { name: `${'n/'.repeat(2_000)}n`, content: 'x' }]],
    ['a link out of the tree', 'package-link-invalid', [good, { name: 'l', type: 'symlink', linkname: '../x' }]],
    ['an absolute link', 'package-link-invalid', [good, { name: 'l', type: 'symlink', linkname: '/etc/passwd' }]],
    ['a hard link to nothing', 'package-link-invalid', [good, { name: 'h', type: 'link', linkname: 'missing' }]],
    ['a device', 'package-entry-special', [good, { name: 'sda', type: 'block-device' }]],
    ['two different files of one name', 'package-entry-conflict', [good, { name: './good', content: 'other' }]],
    ['a file below a file', 'package-entry-conflict', [good, { name: 'good/f', content: 'x' }]],
    ['a bomb', 'package-ratio-too-high', [good, { name: 'zeros', content: Buffer.alloc(70 * 1024 ** 2) }]],
  ];
  it.each(Object.keys(compressors))('%s', async (format) => {
    for (const [, code, entries] of cases) {
      await writeFile(archivePath, compressors[format]!(await tarBytes(entries)));
      await failsWith(code);
    }
    const whole = compressors[format]!(await tarBytes([good, { name: 'b', content: randomBytes(100_000) }]));
    for (const cut of [Math.floor(whole.length / 2), whole.length - 40]) {
      await writeFile(archivePath, whole.subarray(0, cut));
      await failsWith('package-archive-damaged');
    }
    await writeFile(archivePath, compressors[format]!(Buffer.from('this is no tar archive'.repeat(100))));
    await failsWith('package-archive-damaged');
  });

  it('with a million entries', async () => {
    const directories = Array.from({ length: 1_000_000 }, (_, i) => i.toString(36));
    const header = (name: string) => {
      const block = Buffer.alloc(512);
      block.write(`${name}/`, 0);
      block.write('0000755\0', 100);
      block.write('00000000000\0', 124);
      block.write('5', 156);
      block.write('ustar\x0000', 257, 'latin1');
      block.fill(' ', 148, 156);
      let sum = 0;
      for (const byte of block) sum += byte;
      block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      return block;
    };
    await writeFile(archivePath, gzipSync(Buffer.concat(directories.map(header)), { level: 1 }));
    await failsWith('package-too-many-entries');
  });

  it('but not names that differ only in case, which are two files here', async () => {
    await writeFile(archivePath, compressors['tar.zst']!(await tarBytes([good, { name: 'GOOD', content: 'x' }])));
    expect((await ingest()).manifest.entries.map(({ path }) => path)).toEqual(['GOOD', 'good']);
  });
});

describe('hostile 7z archives are refused by name', () => {
  beforeEach(() => writeFile(join(work, 'good'), 'content that must go again'));

  it.each([
    ['../evil', 'package-path-invalid'],
    ['a/../../evil', 'package-path-invalid'],
    ['/etc/evil', 'package-path-invalid'],
  ])('a file named %s', async (name, code) => {
    await sevenZip('a', archivePath, 'good');
    await promisify(execFile)('7zz', ['rn', '-t7z', archivePath, 'good', name], { cwd: work });
    await failsWith(code);
  });

  it('links out of the tree, bombs, too much of everything', async () => {
    await symlink('../../x', join(work, 'link'));
    await sevenZip('a', '-t7z', '-snl', archivePath, 'link', 'good');
    await failsWith('package-link-invalid');
    await rm(archivePath);
    await writeFile(join(work, 'zeros'), Buffer.alloc(70 * 1024 ** 2));
    await sevenZip('a', '-t7z', archivePath, 'good', 'zeros');
    await failsWith('package-ratio-too-high');
    await failsWith('package-too-large', { maxTotalBytes: 30 });
    await rm(archivePath);
    await sevenZip('a', '-t7z', '-snl', archivePath, 'good', 'link');
    await failsWith('package-too-many-entries', { maxEntries: 1 });
  });

  it('encrypted, in volumes, cut off, damaged', async () => {
    for (const option of ['-mhe=off', '-mhe=on']) {
      await rm(archivePath, { force: true });
      await sevenZip('a', '-t7z', '-psecret', option, archivePath, 'good');
      await failsWith('package-encrypted');
    }
    await writeFile(join(work, 'random'), randomBytes(300_000));
    await sevenZip('a', '-t7z', '-v100k', 'split.7z', 'random');
    await writeFile(archivePath, await readFile(join(work, 'split.7z.001')));
    await failsWith('package-archive-damaged');
    await rm(archivePath);
    await sevenZip('a', '-t7z', '-m0=LZMA2', archivePath, 'random');
    const whole = await readFile(archivePath);
    await writeFile(archivePath, whole.subarray(0, whole.length / 2));
    await failsWith('package-archive-damaged');
    whole.fill(0x55, 1_000, 5_000);
    await writeFile(archivePath, whole);
    await failsWith('package-archive-damaged');
    whole.fill(0x55, 32);
    await writeFile(archivePath, whole);
    await failsWith('package-archive-damaged');
  });
});

describe('hostile rar archives are refused by name', () => {
  const good = { name: 'good', content: 'content that must go again' };

  it.each([
    ['traversal', 'package-path-invalid', buildRar4([good, { name: '../evil', content: 'x' }])],
    ['traversal, version 5', 'package-path-invalid', buildRar5([good, { name: '../evil', content: 'x' }])],
    ['an absolute path', 'package-path-invalid', buildRar5([good, { name: '/etc/evil', content: 'x' }])],
    [
      'a link out of the tree',
      'package-link-invalid',
      buildRar4([good, { name: 'l', content: '../x', mode: 0o120777 }]),
    ],
    ['two different files of one name', 'package-entry-conflict', buildRar5([good, { ...good, content: 'other' }])],
    ['encryption of a file', 'package-encrypted', buildRar4([good, { name: 'x', content: 'x', flags: 0x04 }])],
    ['encryption of the headers', 'package-encrypted', buildRar4([], { flags: 0x80 })],
    ['encryption of the headers, version 5', 'package-encrypted', buildEncryptedRar5()],
    ['one of several volumes', 'package-multi-volume', buildRar4([good], { flags: 1 })],
    ['one of several volumes, version 5', 'package-multi-volume', buildRar5([good], { flags: 1 })],
    ['a cut', 'package-archive-damaged', buildRar4([good]).subarray(0, 60)],
    ['a cut, version 5', 'package-archive-damaged', buildRar5([good]).subarray(0, 50)],
    ['nothing in it', 'package-empty', buildRar4([])],
  ])('%s', async (_what, code, bytes) => {
    await writeFile(archivePath, bytes);
    await failsWith(code);
  });
});

describe('what is no whole archive is refused by name', () => {
  it.each([
    ['one of several zip volumes', 'package-multi-volume', Buffer.from('PK\x07\x08rest', 'latin1')],
    ['a zip archive that says it has volumes', 'package-multi-volume', splitZip()],
    [
      'a file list that names files of this machine',
      'package-format-unsupported',
      Buffer.from('#mtree\n./x contents=/etc/passwd\n'),
    ],
    ['an executable', 'package-format-unsupported', Buffer.from('MZ\x90\0')],
  ])('%s', async (_what, code, bytes) => {
    await writeFile(archivePath, bytes);
    await failsWith(code);
  });

  it('a compressed file list that names files of this machine', async () => {
    const list = Buffer.from('#mtree\n./x type=file contents=/etc/passwd mode=644\n');
    for (const compress of Object.values(compressors)) {
      await writeFile(archivePath, compress(list));
      await failsWith('package-archive-damaged');
    }
  });

  it('an archive within an archive stays a file', async () => {
    await writeFile(
      archivePath,
      buildZip([{ name: 'inner.zip', content: buildZip([{ name: '../evil', content: 'x' }]) }]),
    );
    expect((await ingest()).manifest.entries).toMatchObject([{ path: 'inner.zip', type: 'file' }]);
  });
});

function splitZip(): Buffer {
  const bytes = buildZip([{ name: 'a', content: 'a' }]);
  bytes.writeUInt16LE(1, bytes.length - 18);
  return bytes;
}

/** Processes that still have the archive open. */
async function unpackersOfThisTest(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const input = await readlink(`/proc/${pid}/fd/0`).catch(() => '');
    if (input === archivePath) found.push(pid);
  }
  return found;
}

describe('the process that unpacks', () => {
  const run = async (isolation: 'bubblewrap' | 'setpriv', script: string): Promise<string> => {
    // The same command line, with a shell in the tool's place: what could the tool do?
    const { file, args } = unpackerCommand('convert', isolation, ['/usr/bin/sh', '-c', script]);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore', 'pipe'], env: { PATH: '/usr/bin' } });
    return (await readAll(child.stdout as Readable)).toString().trim();
  };

  it('sees no file of this machine but /usr, no network, and cannot write', async () => {
    expect(await run('bubblewrap', 'echo /*')).toBe('/lib /lib64 /usr');
    expect(
      await run(
        'bubblewrap',
        'id -u; touch /usr/x 2>/dev/null || echo no; touch /x 2>/dev/null && echo x > /x || echo no',
      ),
    ).toBe('65534\nno\nno');
    const limits = await run('bubblewrap', 'ulimit -f; ulimit -c; ulimit -n; ulimit -v; ulimit -t');
    expect(limits.split('\n')).toEqual(['0', '0', '64', `${2_560 * 1024}`, '7200']);
  });

  it.runIf(process.getuid?.() === 0)('is nobody without bubblewrap', async () => {
    expect(await run('setpriv', 'id -u; id -G; cat /etc/shadow 2>/dev/null || echo no')).toBe('65534\n65534\nno');
  });

  it('is ended at its deadline, by a signal, and with the ingest', async () => {
    await writeFile(archivePath, compressors['tar.zst']!(await tarBytes([{ name: 'x', content: Buffer.alloc(9e6) }])));
    const late = await createUnpacker({ deadlineMs: 1 }).start('tar.zst', archivePath);
    // Nobody reads: it cannot end by itself.
    await expect(late.verify()).rejects.toSatisfy((error) => isAppError(error, 'package-unpack-limit'));
    await late.close();
    const stop = new AbortController();
    const stopped = await createUnpacker().start('tar.zst', archivePath, stop.signal);
    stop.abort();
    await expect(stopped.verify()).rejects.toSatisfy((error) => isAppError(error, 'package-archive-damaged'));
    await stopped.close();
    const closed = await createUnpacker().start('tar.zst', archivePath);
    await closed.close();
    await expect(closed.verify()).rejects.toSatisfy((error) => isAppError(error));
    expect(await unpackersOfThisTest()).toEqual([]);
  });
});
