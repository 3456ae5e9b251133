import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertAccount } from '../../db/accounts.js';
import { findApplication } from '../../db/applications.js';
import type { Database } from '../../db/open.js';
import { applicationSteps } from '../../testing/applications.testkit.js';
import {
  applyInput,
  createHarness,
  createInput,
  type Harness,
  openTestDatabase,
  resetDatabase,
} from '../../testing/harness.testkit.js';
import { startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import { createTestPackages, elf, type TestPackages } from '../../testing/packages.testkit.js';
import type { Caller } from '../contract.js';
import type { ListApplicationsInput } from './contract.js';

let database: Database;
let packages: TestPackages;
let h: Harness;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  packages = await createTestPackages();
  h = await createHarness(database, { packages: packages.parts });
});
afterEach(async () => {
  await h.stop();
  await packages.close();
});

const { create, createVersion, ready, configured, baseInfo, state, status, sweepDeleted, version } = applicationSteps(
  () => h,
  () => packages,
);
const list = (extra: Partial<ListApplicationsInput> = {}) =>
  h.services.listApplications(h.caller, { offset: 0, limit: 0, category: '', filters: [], ...extra });
const names = async (extra: Partial<ListApplicationsInput> = {}) =>
  (await list(extra)).applications.map(({ application }) => application.name);

describe('DescribeApplicationList', () => {
  it('pages, newest first, and counts all', async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    // The harness has an application of its own.
    expect(await names()).toEqual(['c', 'b', 'a', 'game']);
    expect(await names({ limit: 2 })).toEqual(['c', 'b']);
    expect(await names({ offset: 1, limit: 1 })).toEqual(['b']);
    expect((await list({ offset: 1, limit: 1 })).total).toBe(4);
    expect((await list({ offset: 100 })).total).toBe(4);
  });

  it('parts desktop from mobile', async () => {
    await create('phone', 'ApplicationAPK');
    await create('desk');
    expect(await names({ category: 'MOBILE' })).toEqual(['phone']);
    expect(await names({ category: 'DESKTOP' })).toEqual(['desk', 'game']);
  });

  it('filters: all conditions, any of their values, parts of names', async () => {
    const one = await create('Space 100%');
    const two = await create('space_invaders');
    await ready(two);
    expect(await names({ filters: [{ field: 'name', values: ['SPACE'] }] })).toEqual(['space_invaders', 'Space 100%']);
    expect(await names({ filters: [{ field: 'name', values: ['0%', 'nothing'] }] })).toEqual(['Space 100%']);
    expect(await names({ filters: [{ field: 'name', values: ['e_i'] }] })).toEqual(['space_invaders']);
    expect(await names({ filters: [{ field: 'id', values: [one, two, 'app-unknown1'] }] })).toHaveLength(2);
    const both = [
      { field: 'id', values: [one, two] },
      { field: 'id', values: [two] },
    ] as const;
    expect(await names({ filters: both })).toEqual(['space_invaders']);
    expect(await names({ filters: [{ field: 'runStatus', values: ['no-package'] }] })).toEqual(['Space 100%']);
    expect(await names({ filters: [{ field: 'runStatus', values: ['running', 'not-configured'] }] })).toEqual([
      'space_invaders',
      'game',
    ]);
    expect(await names({ filters: [{ field: 'updateStatus', values: ['not-released'] }] })).toEqual(['space_invaders']);
    expect((await list({ filters: [{ field: 'updateStatus', values: ['not-released'] }] })).total).toBe(1);
  });

  it('shows each application with its own versions', async () => {
    const a = await create('a');
    const b = await create('b');
    const versions = { a: await createVersion(a), b: await createVersion(b) };
    const { applications } = await list({ filters: [{ field: 'id', values: [a, b] }] });
    expect(applications.map((each) => [each.application.id, each.versions.map(({ id }) => id)])).toEqual([
      [b, [versions.b]],
      [a, [versions.a]],
    ]);
  });
});

describe('a package', () => {
  it('lists its programs, those near the root first, of the version asked for or the one online', async () => {
    const { applicationId, versionId } = await configured();
    const second = await ready(applicationId, [elf('x/deep/a'), elf('z'), { name: 'run.sh', content: '#!/bin/sh' }]);
    const programs = (id = '') => h.services.listPrograms(h.caller, { applicationId, versionId: id });
    expect(await programs()).toEqual({ type: 'listed', paths: ['tool', 'bin/game'] });
    expect(await programs(versionId)).toEqual({ type: 'listed', paths: ['tool', 'bin/game'] });
    expect(await programs(second)).toEqual({ type: 'listed', paths: ['run.sh', 'z', 'x/deep/a'] });
    expect(await programs('ver-unknown1')).toEqual({ type: 'version-not-found' });
    const empty = await create('empty');
    expect(await h.services.listPrograms(h.caller, { applicationId: empty, versionId: '' })).toEqual({
      type: 'listed',
      paths: null,
    });
  });

  it('tells which paths it has, however they are written', async () => {
    const { applicationId } = await configured();
    const paths = ['bin\\game', '/bin/game', 'data/', 'data/level 1', 'DATA', '../bin/game', 'bin/gam'];
    const outcome = await h.services.checkPackageFiles(h.caller, { applicationId, paths });
    if (outcome.type !== 'checked') throw new Error(outcome.type);
    expect(outcome.files.map(({ exists }) => exists)).toEqual([true, true, true, true, false, false, false]);
    expect(outcome.files.map(({ path }) => path)).toEqual(paths);
    const empty = await create('empty');
    expect(await h.services.checkPackageFiles(h.caller, { applicationId: empty, paths: ['x'] })).toEqual({
      type: 'checked',
      files: [{ path: 'x', exists: false }],
    });
  });
});

describe('DeleteApplication', () => {
  const remove = (applicationId: string) => h.services.deleteApplication(h.caller, { applicationId });

  it('deletes all versions, shows it until it is done, and frees what they held', async () => {
    const { applicationId, versionId } = await configured();
    await ready(applicationId, [elf('bin/game', '2')]);
    expect(await remove(applicationId)).toEqual({ type: 'deleted' });
    expect(await remove(applicationId)).toEqual({ type: 'deleted' });
    expect((await status(applicationId))?.[0]).toBe('deleting');
    expect(
      await h.services.createUploadVersion(h.caller, {
        applicationId,
        fileName: 'x.zip',
        regions: [],
        updateMode: 'FULL',
      }),
    ).toMatchObject({ type: 'application-locked' });
    expect(await baseInfo(applicationId)).toEqual({ type: 'application-not-found' });
    await sweepDeleted();
    expect(await status(applicationId)).toBeNull();
    expect(await names()).toEqual(['game']);
    expect(await version(versionId)).toMatchObject({ state: 'deleted', manifestSha256: null });
    expect((await findApplication(database.executor, applicationId))?.state).toBe('deleted');
    expect(await remove(applicationId)).toEqual({ type: 'application-not-found' });
  });

  it('is refused while a project or a session uses it', async () => {
    expect(await remove(h.applicationId)).toMatchObject({ type: 'application-locked' });
    await startNodeSimulator(h.uplink);
    const { applicationId, versionId } = await configured();
    const shared = {
      accountId: h.caller.accountId,
      name: 's',
      type: 'SHARED',
      applicationId: h.applicationId,
    } as const;
    await h.services.createProject({ ...shared, sharedApplicationIds: [applicationId] });
    expect(await remove(applicationId)).toMatchObject({ type: 'application-locked' });
    expect(await state(versionId)).toBe('in-use');
  });

  it('makes it unknown to new projects and reservations', async () => {
    const { applicationId } = await configured();
    await remove(applicationId);
    const { accountId } = h.caller;
    await expect(h.services.createProject({ accountId, name: 'p', applicationId })).rejects.toMatchObject({
      code: 'application-not-found',
    });
  });

  it('keeps a reservation that chose a version just before it was deleted', async () => {
    const node = await startNodeSimulator(h.uplink);
    const { applicationId, versionId } = await configured();
    const { id: projectId } = await h.services.createProject({
      accountId: h.caller.accountId,
      name: 'p',
      applicationId,
    });
    const second = await ready(applicationId, [elf('bin/game', '2')]);
    expect(await h.services.deleteVersion(h.caller, { applicationId, versionId: second })).toEqual({ type: 'deleted' });
    const input = { ...applyInput(h, 'u1'), projectId };
    // What a reservation would write whose look at the versions came a moment earlier.
    await h.services.applyConcurrent(h.caller, input);
    await database.executor.execute(`UPDATE sessions SET application_version_id = '${second}' WHERE state <> 'ended'`);
    h.advance(16_000);
    await node.sendStatus();
    h.advance(16_000);
    await h.services.sweep();
    expect(await state(second)).toBe('deleting');
    expect((await h.services.createSession(h.caller, createInput('u1'))).type).toBe('created');
    expect(node.connects[0]?.launch.package.manifestSha256).toBe((await version(second)).manifestSha256);
    await h.services.destroySession(h.caller, { userId: 'u1' });
    await h.settled();
    await sweepDeleted();
    expect(await state(second)).toBe('deleted');
    expect(await state(versionId)).toBe('in-use');
  });
});

describe('another account', () => {
  it('sees nothing and can change nothing', async () => {
    const { applicationId, versionId } = await configured();
    await insertAccount(database.executor, { id: 'acc-other', name: 'other', createdAt: 1 });
    const stranger: Caller = { accountId: 'acc-other', requestId: 'r' };
    const notFound = { type: 'application-not-found' };
    const { services: s } = h;
    const key = { applicationId, versionId };
    const calls = [
      s.createUploadVersion(stranger, { applicationId, fileName: 'x.zip', regions: [], updateMode: 'FULL' }),
      s.issueUploadCredential(stranger, { applicationId, fileName: 'x.zip' }),
      s.createSnapshot(stranger, { applicationId, downloadUrl: '' }),
      s.deleteApplication(stranger, { applicationId }),
      s.deleteVersion(stranger, key),
      s.publishVersion(stranger, key),
      s.renameVersion(stranger, { ...key, name: 'x' }),
      s.renameMobileApplication(stranger, { applicationId, name: 'x' }),
      s.listApplicationVersions(stranger, { applicationId }),
      s.listPrograms(stranger, key),
      s.checkPackageFiles(stranger, { applicationId, paths: ['bin/game'] }),
      s.modifyBaseInfo(stranger, {
        applicationId,
        entryPath: 'tool',
        processNames: [],
        window: { use: 'desktop', name: '', className: '', captureMode: 'HOOK' },
        parameters: null,
        name: null,
        stores: null,
      }),
    ];
    for (const outcome of await Promise.all(calls)) expect(outcome).toEqual(notFound);
    expect(await s.describeApplicationStatus(stranger, { applicationIds: [applicationId] })).toEqual([]);
    const page = { offset: 0, limit: 0, category: '', filters: [{ field: 'id', values: [applicationId] }] } as const;
    expect(await s.listApplications(stranger, page)).toEqual({ total: 0, applications: [] });
    expect(await status(applicationId)).toEqual(['running', 'released', 100]);
    expect(await h.services.findApplication(h.caller.accountId, 'app')).toMatchObject({ entryPath: 'bin/game' });
    // Names are an account's own.
    expect((await s.createApplicationRecord(stranger, { name: 'app', kind: 'Application3D' })).type).toBe('created');
  });

  it('cannot reach a version of another application by its id', async () => {
    const { applicationId } = await configured();
    const other = await create('other');
    const versionId = await createVersion(other);
    const key = { applicationId, versionId };
    const missing = { type: 'version-not-found' };
    expect(await h.services.deleteVersion(h.caller, key)).toEqual(missing);
    expect(await h.services.publishVersion(h.caller, key)).toEqual(missing);
    expect(await h.services.renameVersion(h.caller, { ...key, name: 'x' })).toEqual(missing);
    expect(await h.services.listPrograms(h.caller, key)).toEqual(missing);
  });
});
