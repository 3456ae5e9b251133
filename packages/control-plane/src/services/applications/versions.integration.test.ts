import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { listSessions } from '../../db/sessions.js';
import { applicationSteps, gamePackage } from '../../testing/applications.testkit.js';
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

const {
  create,
  createVersion,
  ready,
  online,
  configured,
  baseInfo,
  version,
  state,
  status,
  holdAttempts,
  sweepDeleted,
} = applicationSteps(
  () => h,
  () => packages,
);
const newVersion = (applicationId: string, extra = {}) => {
  const input = { applicationId, fileName: 'b.zip', regions: [], updateMode: 'FULL', ...extra } as const;
  return h.services.createUploadVersion(h.caller, input);
};
const snapshot = (applicationId: string, downloadUrl = '') =>
  h.services.createSnapshot(h.caller, { applicationId, downloadUrl });
const credential = (applicationId: string, fileName = 'game.zip') =>
  h.services.issueUploadCredential(h.caller, { applicationId, fileName });
const publish = (applicationId: string, versionId: string) =>
  h.services.publishVersion(h.caller, { applicationId, versionId });
const remove = (applicationId: string, versionId: string) =>
  h.services.deleteVersion(h.caller, { applicationId, versionId });
const versionsOf = async (applicationId: string) => {
  const outcome = await h.services.listApplicationVersions(h.caller, { applicationId });
  return outcome.type === 'listed' ? outcome.versions : [];
};

describe('CreateApplicationVersion', () => {
  it('makes one version after the other, at most five', async () => {
    const { applicationId } = await configured();
    for (let i = 0; i < 4; i += 1) await online(applicationId);
    expect(await newVersion(applicationId)).toEqual({ type: 'version-limit', maxVersions: 5 });
    const [, second] = await versionsOf(applicationId);
    expect(await remove(applicationId, second!.id)).toEqual({ type: 'deleted' });
    expect((await newVersion(applicationId)).type).toBe('created');
  });

  it('is refused while another version is on its way, and says which', async () => {
    const applicationId = await create();
    const versionId = await createVersion(applicationId);
    const pending = (name: string) => ({ type: 'version-pending', versionId, state: name });
    expect(await newVersion(applicationId)).toEqual(pending('uploading'));
    await packages.upload(versionId, gamePackage);
    const held = holdAttempts();
    await snapshot(applicationId);
    expect(await newVersion(applicationId)).toEqual(pending('creating'));
    held.open();
    await h.settled();
    expect(await newVersion(applicationId)).toEqual(pending('normal'));
    await baseInfo(applicationId);
    expect((await newVersion(applicationId)).type).toBe('created');
  });

  it('refuses what cannot be unpacked, and an update of nothing', async () => {
    const applicationId = await create();
    expect(await newVersion(applicationId, { fileName: 'game.exe' })).toMatchObject({
      type: 'invalid',
      field: 'fileName',
    });
    expect(await newVersion(applicationId, { fileName: '.zip' })).toMatchObject({ type: 'invalid', field: 'fileName' });
    expect(await newVersion(applicationId, { updateMode: 'INCREMENT' })).toMatchObject({
      type: 'invalid',
      field: 'updateMode',
    });
    const mobile = await create('phone', 'ApplicationAPK');
    expect(await newVersion(mobile, { fileName: 'x.apk' })).toMatchObject({ type: 'denied' });
    expect(await credential(mobile, 'x.apk')).toMatchObject({ type: 'denied' });
    expect(await snapshot(mobile, 'https://example.com/x.apk')).toMatchObject({ type: 'denied' });
  });
});

describe('an upload', () => {
  it('makes the first version by itself, and the same one for every further call', async () => {
    const applicationId = await create();
    expect(await credential(applicationId)).toMatchObject({ type: 'issued' });
    const [only] = await versionsOf(applicationId);
    expect(only).toMatchObject({ state: 'uploading', name: 'game', fileName: 'game.zip' });
    expect(await credential(applicationId, 'other.7z')).toMatchObject({
      credential: { path: `uploads/${only!.id}/other.7z` },
    });
    expect(await versionsOf(applicationId)).toHaveLength(1);
    expect(await snapshot(applicationId)).toMatchObject({ type: 'denied' });
    await packages.upload(only!.id, gamePackage);
    expect(await snapshot(applicationId)).toEqual({ type: 'accepted', versionId: only!.id });
    await h.settled();
    expect(await state(only!.id)).toBe('normal');
    expect(await credential(applicationId)).toMatchObject({ type: 'denied' });
    expect(await snapshot(applicationId)).toMatchObject({ type: 'denied' });
  });

  it('may come from a URL, without a version before', async () => {
    const applicationId = await create();
    await packages.serve('https://example.com/a/my%20game.tar.gz?token=1', gamePackage);
    const outcome = await snapshot(applicationId, 'https://example.com/a/my%20game.tar.gz?token=1');
    if (outcome.type !== 'accepted') throw new Error(outcome.type);
    await h.settled();
    // A URL may hold a secret, so it is forgotten when it is not needed any more.
    expect(await version(outcome.versionId)).toMatchObject({ state: 'normal', name: 'my game', sourceUrl: null });
    expect(await snapshot(await create('second'), 'ftp://example.com/x.zip')).toMatchObject({ field: 'downloadUrl' });
  });

  it('that cannot be unpacked fails by name, and the same version takes another one', async () => {
    const applicationId = await create();
    const versionId = await createVersion(applicationId);
    await packages.uploadBytes(versionId, Buffer.from('this is no archive'));
    await snapshot(applicationId);
    await h.settled();
    const failed = await version(versionId);
    expect([failed.state, failed.failure?.split(':')[0]]).toEqual(['create-failed', 'package-format-unsupported']);
    expect(packages.discarded).toEqual([versionId]);
    expect(await status(applicationId)).toEqual(['create-failed', 'create-failed', failed.progressPercent]);
    expect(await newVersion(applicationId)).toMatchObject({ type: 'version-pending', state: 'create-failed' });
    expect(await credential(applicationId)).toMatchObject({ type: 'issued' });
    await packages.upload(versionId, gamePackage);
    expect(await snapshot(applicationId)).toEqual({ type: 'accepted', versionId });
    await h.settled();
    expect(await version(versionId)).toMatchObject({ state: 'normal', failure: null });
  });

  it('whose URL cannot be fetched fails with the reason', async () => {
    const applicationId = await create();
    const outcome = await snapshot(applicationId, 'https://example.com/gone.zip');
    if (outcome.type !== 'accepted') throw new Error(outcome.type);
    await h.settled();
    expect(await version(outcome.versionId)).toMatchObject({
      state: 'create-failed',
      failure: 'download-refused: the server answered 404',
    });
  });
});

describe('going online', () => {
  it('takes the former version off, and back again', async () => {
    const node = await startNodeSimulator(h.uplink);
    const { applicationId, versionId: first } = await configured();
    const second = await ready(applicationId, [elf('bin/game', '2')]);
    expect(await status(applicationId)).toEqual(['running', 'not-released', 100]);
    const outcome = await publish(applicationId, second);
    if (outcome.type !== 'published') throw new Error(outcome.type);
    expect(outcome.versions.map(({ id, state: name }) => [id, name])).toEqual([
      [second, 'in-use'],
      [first, 'usable'],
    ]);
    await h.settled();
    expect(node.prefetched.at(-1)).toBe((await version(second)).manifestSha256);
    expect((await publish(applicationId, first)).type).toBe('published');
    expect([await state(first), await state(second)]).toEqual(['in-use', 'usable']);
    expect((await publish(applicationId, first)).type).toBe('published');
  });

  it('is refused before there is a package, without a program, and for a package that lacks it', async () => {
    const applicationId = await create();
    const waiting = await createVersion(applicationId);
    expect(await publish(applicationId, waiting)).toEqual({ type: 'denied', message: 'the version is uploading' });
    await remove(applicationId, waiting);
    const versionId = await ready(applicationId);
    expect(await publish(applicationId, versionId)).toMatchObject({ message: expect.stringContaining('no program') });
    await baseInfo(applicationId);
    const other = await ready(applicationId, [elf('bin/renamed')]);
    expect(await publish(applicationId, other)).toMatchObject({
      type: 'denied',
      message: 'the package has no file bin/game; programs in it: bin/renamed',
    });
    expect(await publish(applicationId, 'ver-unknown1')).toEqual({ type: 'version-not-found' });
  });

  it('reaches the nodes of its regions; regions without nodes mean all', async () => {
    const local = await startNodeSimulator(h.uplink);
    const { applicationId } = await configured();
    const nowhere = await ready(applicationId, [elf('bin/game', '2')], { regions: ['ap-tokyo'] });
    await publish(applicationId, nowhere);
    await h.settled();
    expect(local.prefetched.at(-1)).toBe((await version(nowhere)).manifestSha256);
  });
});

describe('a running session', () => {
  const startSession = async (applicationId: string, extra = {}) => {
    const accountId = h.caller.accountId;
    const project =
      (await h.services.findProject(accountId, 'p')) ??
      (await h.services.createProject({ accountId, name: 'p', applicationId }));
    const input = { ...applyInput(h, 'u1'), projectId: project.id, ...extra };
    expect((await h.services.applyConcurrent(h.caller, input)).type).toBe('reserved');
    return h.services.createSession(h.caller, createInput('u1'));
  };

  it('keeps its version, which can neither be deleted nor lose its package', async () => {
    const node = await startNodeSimulator(h.uplink);
    const { applicationId, versionId } = await configured();
    expect((await startSession(applicationId)).type).toBe('created');
    const second = await online(applicationId, [elf('bin/game', '2')]);
    const { manifestSha256 } = await version(versionId);
    expect(node.connects[0]?.launch.package).toEqual({ manifestSha256 });
    expect(await remove(applicationId, versionId)).toMatchObject({ type: 'version-locked' });
    expect(await remove(applicationId, second)).toMatchObject({ type: 'denied' });
    await h.services.destroySession(h.caller, { userId: 'u1' });
    await h.settled();
    expect(await remove(applicationId, versionId)).toEqual({ type: 'deleted' });
    await sweepDeleted();
    expect(await version(versionId)).toMatchObject({ state: 'deleted', manifestSha256: null });
    // The history still names it.
    const history = await listSessions(database.executor, { includeEnded: true });
    expect(history[0]?.applicationVersionId).toBe(versionId);
  });

  it('may try a version that is not online; without a program it is told so', async () => {
    await startNodeSimulator(h.uplink);
    const applicationId = await create();
    const versionId = await ready(applicationId);
    const outcome = await startSession(applicationId, { applicationVersionId: versionId });
    expect(outcome).toEqual({ type: 'path-not-found', message: 'no program is chosen' });
  });
});
