import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { applicationSteps, gamePackage } from '../../testing/applications.testkit.js';
import {
  applyInput,
  createHarness,
  createInput,
  type Harness,
  type HarnessOptions,
  openTestDatabase,
  resetDatabase,
} from '../../testing/harness.testkit.js';
import { startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import { createTestPackages, type TestPackages } from '../../testing/packages.testkit.js';
import type { ModifyBaseInfoInput } from './contract.js';

let database: Database;
let packages: TestPackages;
let h: Harness;

const start = async (options: HarnessOptions = {}) => {
  h = await createHarness(database, { packages: packages.parts, ...options });
};
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  packages = await createTestPackages();
  await start();
});
afterEach(async () => {
  await h.stop();
  await packages.close();
});

const { create, createVersion, ready, configured, baseInfo, version, state, status, holdAttempts } = applicationSteps(
  () => h,
  () => packages,
);

describe('an application', () => {
  it('goes from its record to a version online, and tells its status on the way', async () => {
    const id = await create();
    expect(await status(id)).toEqual(['no-package', 'normal', 0]);
    const versionId = await createVersion(id);
    expect(await status(id)).toEqual(['no-package', 'normal', 0]);
    await packages.upload(versionId, gamePackage);
    const held = holdAttempts();
    expect(await h.services.createSnapshot(h.caller, { applicationId: id, downloadUrl: '' })).toEqual({
      type: 'accepted',
      versionId,
    });
    expect(await status(id)).toEqual(['creating', 'creating', 0]);
    held.open();
    await h.settled();
    expect(await status(id)).toEqual(['not-configured', 'not-released', 100]);
    expect(packages.discarded).toEqual([versionId]);
    expect(await version(versionId)).toMatchObject({ state: 'normal', name: 'build', totalBytes: 9, leaseOwner: null });
    expect(await baseInfo(id)).toEqual({ type: 'modified' });
    expect(await status(id)).toEqual(['running', 'released', 100]);
    expect(await state(versionId)).toBe('in-use');
  });

  it('runs with what its base info says', async () => {
    const node = await startNodeSimulator(h.uplink);
    const { applicationId } = await configured();
    const window = { use: 'window', name: 'Game', className: '', captureMode: 'DDA_CUT' } as const;
    const info = { processNames: ['game', 'helper'], window, parameters: '-a "b c"', name: 'renamed' };
    expect(await baseInfo(applicationId, info)).toEqual({ type: 'modified' });
    const project = await h.services.createProject({
      accountId: h.caller.accountId,
      name: 'p',
      applicationId,
      parameters: '-p',
    });
    await h.services.applyConcurrent(h.caller, { ...applyInput(h, 'u1'), projectId: project.id });
    expect((await h.services.createSession(h.caller, createInput('u1'))).type).toBe('created');
    expect(node.connects[0]?.launch).toMatchObject({
      entryPath: 'bin/game',
      args: ['-a', 'b c', '-p'],
      processNames: ['game', 'helper'],
      window: { name: 'Game', className: null },
    });
    expect(await h.services.findApplication(h.caller.accountId, 'renamed')).toMatchObject({ id: applicationId });
  });

  it('has a name of its own in the account, and there are not too many', async () => {
    await create('one');
    const record = (name: string) => h.services.createApplicationRecord(h.caller, { name, kind: 'Application3D' });
    expect(await record('one')).toEqual({ type: 'name-taken' });
    expect(await record('  ')).toMatchObject({ type: 'invalid', field: 'name' });
    const two = await create('two');
    expect(await baseInfo(two, { name: 'one' })).toMatchObject({ type: 'invalid', field: 'name' });
    await h.stop();
    await start({
      settings: { applications: { maxVersions: 5, maxApplications: 3, ingestLeaseMs: 30_000, maxParallelIngests: 2 } },
    });
    expect(await record('three')).toEqual({ type: 'application-limit', maxApplications: 3 });
    expect(await h.services.deleteApplication(h.caller, { applicationId: two })).toEqual({ type: 'deleted' });
    // Its name is free at once.
    expect((await record('two')).type).toBe('created');
  });

  it('is put online by itself also when the base info came before the package', async () => {
    const node = await startNodeSimulator(h.uplink);
    const id = await create();
    expect(await baseInfo(id)).toEqual({ type: 'modified' });
    const versionId = await ready(id);
    expect(await state(versionId)).toBe('in-use');
    expect(node.prefetched).toContain((await version(versionId)).manifestSha256);
  });

  it('waits to be configured when the package does not have the program that was named before', async () => {
    const id = await create();
    await baseInfo(id, { entryPath: 'bin/other' });
    const versionId = await ready(id);
    expect(await status(id)).toEqual(['not-configured', 'not-released', 100]);
    expect(await h.services.publishVersion(h.caller, { applicationId: id, versionId })).toMatchObject({
      type: 'denied',
      message: 'the package has no file bin/other; programs in it: bin/game, tool',
    });
  });
});

describe('ModifyApplicationBaseInfo', () => {
  it.each<[string, Partial<ModifyBaseInfoInput>, string]>([
    ['a file that is not there', { entryPath: 'bin/nothing' }, 'entryPath'],
    ['a file that is no program', { entryPath: 'data/level 1' }, 'entryPath'],
    ['a path out of the package', { entryPath: '../x' }, 'entryPath'],
    ['no path', { entryPath: './' }, 'entryPath'],
    ['too many processes', { processNames: Array.from({ length: 33 }, (_, i) => `p${i}`) }, 'processNames'],
    ['a process with a directory', { processNames: ['bin/game'] }, 'processNames'],
    [
      'a window without title and class',
      { window: { use: 'window', name: '', className: '', captureMode: 'HOOK' } },
      'window',
    ],
    ['too many arguments', { parameters: 'a '.repeat(257) }, 'parameters'],
    ['a store that is on', { stores: [{ bucket: 'b', region: 'r', type: 'LOG', path: 'x', enabled: true }] }, 'stores'],
    ['an empty name', { name: ' ' }, 'name'],
  ])('refuses %s and changes nothing', async (_what, extra, field) => {
    const { applicationId } = await configured();
    expect(await baseInfo(applicationId, extra)).toMatchObject({ type: 'invalid', field });
    expect(await h.services.findApplication(h.caller.accountId, 'app')).toMatchObject({
      entryPath: 'bin/game',
      processNames: [],
      parameters: '',
    });
  });

  it('keeps what is left out, and parameters replace those of the operator', async () => {
    const account = h.caller.accountId;
    const stores = [{ bucket: 'b', region: 'r', type: 'LOG', path: 'logs', enabled: false }] as const;
    const { applicationId } = await configured();
    await baseInfo(applicationId, { parameters: '-x', stores });
    await baseInfo(applicationId);
    expect(await h.services.findApplication(account, 'app')).toMatchObject({
      parameters: '-x',
      stores: [{ bucket: 'b', region: 'r', type: 'LOG', path: 'logs' }],
    });
    const operators = { accountId: account, name: 'op', kind: 'Application3D', entryPath: 'x', args: ['-o'] } as const;
    const { id } = await h.services.createApplication(operators);
    await baseInfo(id);
    expect(await h.services.findApplication(account, 'op')).toMatchObject({ args: ['-o'], parameters: '' });
    await baseInfo(id, { parameters: '-y' });
    expect(await h.services.findApplication(account, 'op')).toMatchObject({ args: [], parameters: '-y' });
  });
});
