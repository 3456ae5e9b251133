import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { finished, startTestInstance, type TestInstance } from '../testing/instance.testkit.js';
import { runTool } from '../tool.js';

// Each command is a process that loads the whole program, on machines that do other things too.
vi.setConfig({ testTimeout: 240_000 });

let instance: TestInstance;
let applicationId: string;
let server: Server | null = null;
beforeAll(async () => {
  instance = await startTestInstance();
});
afterAll(() => instance.close());
afterEach(() => {
  server?.close();
  server = null;
});

let names = 0;
beforeEach(async () => {
  names += 1;
  const made = await instance.json<{ ApplicationId: string }>('create-application', '--name', `game ${names}`);
  applicationId = made.ApplicationId;
});

const createVersion = async (...args: readonly string[]): Promise<string> => {
  const { Version } = await instance.json<{ Version: { ApplicationVersionId: string } }>(
    ...['create-application-version', '--app-id', applicationId, ...args],
  );
  return Version.ApplicationVersionId;
};
/** Packs files into a zip, by the tool that nodes unpack with. */
const writePackage = async (name: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> => {
  const path = join(instance.dir, name);
  const tree = join(instance.dir, 'tree');
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), content);
    chmodSync(join(tree, file), 0o755);
  }
  rmSync(path, { force: true });
  await runTool('bsdtar', ['-acf', path, '-C', tree, '.'], { cwd: instance.dir, deadlineMs: 60_000 });
  rmSync(tree, { recursive: true });
  return path;
};
const program = { 'bin/game': '\x7fELF a program' };
const upload = (...args: readonly string[]) => ['upload-application-version-file', '--app-id', applicationId, ...args];

describe('the verbs of CAR-CLI', () => {
  it('bring a package from a file to a version that is online, and roll back', async () => {
    const versionId = await createVersion('--name', 'my game', '--type', 'zip', '--update-mode', 'full');
    const path = await writePackage('game.zip', program);
    const done = await instance.run(...upload('--version-id', versionId, '--path', path));
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(`${versionId} is ready`) });
    expect(done.stderr).toMatch(/Uploading +100 %/);
    expect((await instance.run('app', 'paths', applicationId)).stdout).toBe('bin/game\n');
    await instance.json(
      'app',
      'configure',
      applicationId,
      '--exe',
      'bin/game',
      '--args=-fullscreen',
      '--name',
      'renamed',
    );
    expect(await instance.json('app', 'show', applicationId)).toMatchObject({
      ApplicationName: 'renamed',
      ApplicationExePath: 'bin/game',
      ApplicationParams: '-fullscreen',
      ApplicationRunStatus: 'ApplicationRunning',
    });
    const second = await createVersion('--name', 'update.zip', '--update-mode', 'INCREMENT');
    const update = await writePackage('update.zip', { 'data/level': 'new' });
    await instance.json(...upload('--path', update));
    await instance.json('app', 'publish', applicationId, '--version-id', second);
    const states = async () => {
      const versions = await instance.json<{ ApplicationVersionId: string; ApplicationVersionStatus: string }[]>(
        ...['app', 'versions', applicationId],
      );
      return Object.fromEntries(versions.map((row) => [row.ApplicationVersionId, row.ApplicationVersionStatus]));
    };
    expect(await states()).toEqual({ [second]: 'Inuse', [versionId]: 'Usable' });
    await instance.json('app', 'rollback', applicationId);
    expect(await states()).toEqual({ [second]: 'Usable', [versionId]: 'Inuse' });
    const verb = (name: string, ...args: readonly string[]) => instance.run(name, '--app-id', applicationId, ...args);
    expect((await verb('set-version-online', '--version-id', second)).code).toBe(0);
    const listed = await verb('describe-application-version');
    expect(listed.stdout).toBe(`${versionId} Usable my game\n${second} Inuse update\n`);
    expect((await verb('delete-application-version', '--version-id', versionId)).code).toBe(0);
    expect((await states())[versionId]).not.toBe('Usable');
    expect((await instance.run('app', 'list')).stdout).toContain('renamed');
  });

  it('have a package fetched from a URL', async () => {
    const content = readFileSync(await writePackage('served.zip', program));
    server = createServer((_request, response) => response.end(content));
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await createVersion('--name', 'game.zip');
    const done = await instance.run(...upload('--url', `http://127.0.0.1:${address.port}/game.zip`));
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('is ready') });
  });

  it('tell what is wrong with a package, and take a corrected one', async () => {
    const versionId = await createVersion('--name', 'game.zip');
    const path = join(instance.dir, 'broken.zip');
    writeFileSync(path, 'this is no archive');
    const refused = await instance.run(...upload('--version-id', versionId, '--path', path));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /Nothing could be made of the package .*package-format-unsupported[\s\S]*run the same command again/,
    );
    await writePackage('broken.zip', program);
    expect(await instance.run(...upload('--version-id', versionId, '--path', path))).toMatchObject({ code: 0 });
  });

  it('say what to do about wrong options', async () => {
    expect(await instance.run(...upload('--path', 'missing.zip'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('missing.zip is no file'),
    });
    expect(await instance.run(...upload())).toMatchObject({ code: 2, stderr: 'Give either --path or --url.\n' });
    const path = await writePackage('game.zip', program);
    expect(await instance.run(...upload('--path', path))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('create-application-version --app-id'),
    });
  });
});

it('an upload that was killed goes on where it was', async () => {
  const versionId = await createVersion('--name', 'large.zip');
  // Three parts, of which the first is on the server when the command dies.
  const path = await writePackage('large.zip', { ...program, 'data/level': randomBytes(20_000_000) });
  const child = instance.start(upload('--version-id', versionId, '--path', path));
  const ended = finished(child);
  await new Promise<void>((resolve) => {
    child.stderr?.on('data', (text: string) => {
      if (/Uploading +\d/.test(text)) resolve();
    });
    void ended.then(() => resolve());
  });
  child.kill('SIGKILL');
  expect(await ended).toMatchObject({ code: null });
  expect(readdirSync(join(instance.home, '.config/cloudstage/uploads'))).not.toEqual([]);
  const resumed = await instance.run(...upload('--version-id', versionId, '--path', path));
  expect(resumed.code).toBe(0);
  // The first part was not sent again: 8 of 20 MB were there.
  expect(Number(/Uploading +(\d+) %/.exec(resumed.stderr)?.[1])).toBeGreaterThan(41);
  expect(readdirSync(join(instance.home, '.config/cloudstage/uploads'))).toEqual([]);
});
