import { AppError } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimIngest } from '../../db/ingest-jobs.js';
import type { Database } from '../../db/open.js';
import type { IngestInput } from '../../storage/ingest.js';
import { applicationSteps, gamePackage } from '../../testing/applications.testkit.js';
import { createHarness, type Harness, openTestDatabase, resetDatabase, until } from '../../testing/harness.testkit.js';
import { createTestPackages, elf, type TestPackages } from '../../testing/packages.testkit.js';
import { resumeIngests } from './resume-ingests.js';

let database: Database;
let packages: TestPackages;
/** Two control planes over one database; the second one's clock is moved by itself. */
let h: Harness;
let other: Harness;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  packages = await createTestPackages();
  h = await createHarness(database, { packages: packages.parts });
  other = await createHarness(database, { packages: packages.parts });
});
afterEach(async () => {
  await h.stop();
  await other.stop();
  await packages.close();
});

const { create, createVersion, online, configured, version, state, status, holdAttempts } = applicationSteps(
  () => h,
  () => packages,
);
/** An attempt of the first control plane that does not get on. */
const stuck = async () => {
  const applicationId = await create();
  const versionId = await createVersion(applicationId);
  await packages.upload(versionId, gamePackage);
  const held = holdAttempts();
  await h.services.createSnapshot(h.caller, { applicationId, downloadUrl: '' });
  await until('the attempt to begin', async () => packages.opened.length === 1);
  return { applicationId, versionId, open: held.open };
};
const sweepOther = async (ms = 0) => {
  other.advance(ms);
  await other.services.sweep();
  await other.settled();
};

describe('a control plane that is killed while it unpacks a package', () => {
  it('is left alone while its lease lasts; then another one does the work, and the dead one changes nothing', async () => {
    const { versionId, open } = await stuck();
    await sweepOther(29_000);
    expect(packages.opened).toEqual([versionId]);
    packages.beforeOpen = async () => undefined;
    await sweepOther(2_000);
    const done = await version(versionId);
    expect([done.state, done.attempts]).toEqual(['normal', 2]);
    // It was not dead after all: its work comes to nothing.
    open();
    await h.settled();
    expect(await version(versionId)).toEqual(done);
  });

  it('leaves a clean failure when that happens again and again', async () => {
    const applicationId = await create();
    const versionId = await createVersion(applicationId);
    await packages.upload(versionId, gamePackage);
    h.services.stopIngests();
    await h.services.createSnapshot(h.caller, { applicationId, downloadUrl: '' });
    await h.settled();
    for (let kill = 1; kill <= 3; kill += 1) {
      const claimed = await claimIngest(database.executor, other.now(), {
        owner: `dead ${kill}`,
        until: other.now() + 30_000,
      });
      expect(claimed).toMatchObject({ id: versionId, attempts: kill });
      other.advance(30_000);
    }
    await sweepOther();
    expect(await version(versionId)).toMatchObject({
      state: 'create-failed',
      failure: expect.stringMatching(/^ingest-interrupted: /),
    });
    expect(packages.opened).toEqual([]);
  });

  it('and was the only one begins anew at its start, without waiting for the lease', async () => {
    const { versionId, open } = await stuck();
    packages.beforeOpen = async () => undefined;
    await resumeIngests({
      database: { ...database, exclusive: true },
      now: other.now,
      logger: { warn: () => undefined },
    } as unknown as Parameters<typeof resumeIngests>[0]);
    await sweepOther();
    expect(await state(versionId)).toBe('normal');
    open();
    await h.settled();
  });
});

describe('an attempt', () => {
  it('keeps its lease and tells its progress while it works', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = await createHarness(database, {
      packages: {
        ...packages.parts,
        ingest: async (input: IngestInput) => {
          input.onProgress?.(0.5);
          await released;
          return packages.parts.ingest(input);
        },
      },
    });
    const applicationId = await create();
    const versionId = await createVersion(applicationId);
    await packages.upload(versionId, gamePackage);
    await slow.services.createSnapshot(h.caller, { applicationId, downloadUrl: '' });
    await until('progress', async () => (await version(versionId)).progressPercent === 70);
    expect(await status(applicationId)).toEqual(['creating', 'creating', 70]);
    slow.advance(20_000);
    await until('a longer lease', async () => (await version(versionId)).leaseUntil === slow.now() + 30_000);
    await sweepOther(40_000);
    expect(packages.opened).toEqual([versionId]);
    release();
    await slow.settled();
    expect(await status(applicationId)).toEqual(['not-configured', 'not-released', 100]);
    await slow.stop();
  });

  it('that is stopped in good order is given back and does not count', async () => {
    packages.beforeOpen = (signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    const applicationId = await create();
    const versionId = await createVersion(applicationId);
    await packages.upload(versionId, gamePackage);
    await h.services.createSnapshot(h.caller, { applicationId, downloadUrl: '' });
    await until('the attempt to begin', async () => packages.opened.length === 1);
    h.services.stopIngests();
    await h.settled();
    expect(await version(versionId)).toMatchObject({ state: 'creating', attempts: 0, leaseOwner: null });
    packages.beforeOpen = async () => undefined;
    await sweepOther();
    expect(await version(versionId)).toMatchObject({ state: 'normal', attempts: 1 });
  });

  it('that fails for a reason outside the package is made again, three times', async () => {
    const failures: unknown[] = [new Error('EIO'), new AppError('object-store-unavailable', 'no answer')];
    const flaky = await createHarness(database, {
      packages: {
        ...packages.parts,
        ingest: async (input) => {
          const failure = failures.shift();
          if (failure !== undefined) throw failure;
          return packages.parts.ingest(input);
        },
      },
    });
    const applicationId = await create();
    const versionId = await createVersion(applicationId);
    await packages.upload(versionId, gamePackage);
    await flaky.services.createSnapshot(h.caller, { applicationId, downloadUrl: '' });
    await flaky.settled();
    for (const attempts of [1, 2]) {
      expect(await version(versionId)).toMatchObject({ state: 'creating', attempts, failure: null });
      flaky.advance(10_000);
      await flaky.services.sweep();
      await flaky.settled();
    }
    expect(await version(versionId)).toMatchObject({ state: 'normal', attempts: 3 });
    await flaky.stop();
  });

  it('comes to nothing when its version is deleted meanwhile', async () => {
    const { applicationId, versionId, open } = await stuck();
    expect(await h.services.deleteVersion(h.caller, { applicationId, versionId })).toEqual({ type: 'deleted' });
    open();
    await h.settled();
    expect(await version(versionId)).toMatchObject({ state: 'deleting', manifestSha256: null });
    expect(await status(applicationId)).toEqual(['no-package', 'normal', 0]);
    await sweepOther(31_000);
    expect(await state(versionId)).toBe('deleted');
    expect(packages.discarded).toContain(versionId);
  });

  it('of an incremental version is laid over what is online', async () => {
    const inputs: IngestInput[] = [];
    const spy = await createHarness(database, {
      packages: {
        ...packages.parts,
        ingest: (input) => {
          inputs.push(input);
          return packages.parts.ingest(input);
        },
      },
    });
    const { applicationId, versionId: first } = await configured();
    await online(applicationId, [elf('bin/game', '2')]);
    await h.services.publishVersion(h.caller, { applicationId, versionId: first });
    const third = await createVersion(applicationId, { updateMode: 'INCREMENT' });
    await packages.upload(third, [{ name: 'data/level 1', content: 'y' }]);
    await spy.services.createSnapshot(h.caller, { applicationId, downloadUrl: '' });
    await spy.settled();
    expect(inputs.map(({ base }) => base)).toEqual([(await version(first)).manifestSha256]);
    await spy.stop();
  });
});

describe('several control planes', () => {
  it('share the work, and no package is unpacked twice', async () => {
    const ids: string[] = [];
    h.services.stopIngests();
    for (let i = 0; i < 6; i += 1) {
      const applicationId = await create(`app ${i}`);
      const versionId = await createVersion(applicationId);
      await packages.upload(versionId, gamePackage);
      await h.services.createSnapshot(h.caller, { applicationId, downloadUrl: '' });
      ids.push(versionId);
    }
    const third = await createHarness(database, { packages: packages.parts });
    await Promise.all([other.services.sweep(), third.services.sweep()]);
    await Promise.all([other.settled(), third.settled()]);
    expect([...packages.opened].sort()).toEqual(ids.sort());
    for (const id of ids) expect(await state(id)).toBe('normal');
    await third.stop();
  });
});
