import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../testing/harness.testkit.js';
import { type Call, commonSdk, internationalSdk } from './official-sdks.testkit.js';
import { type ConformancePlane, managementWays, offer, startConformancePlane } from './plane.testkit.js';

/** The actions on concurrency packages, through every way the official packages have. */
let conformance: ConformancePlane;
let projectId: string;
let otherProjectId: string;

beforeAll(async () => {
  conformance = await startConformancePlane();
  const applicationId = await conformance.addGame();
  const { plane } = conformance;
  ({ projectId } = await plane.admin.findOrCreateProject({ name: 'game', applicationId }));
  ({ projectId: otherProjectId } = await plane.admin.findOrCreateProject({ name: 'other', applicationId }));
});
afterAll(() => conformance.close());

const grant = (name: string, type: string) =>
  conformance.plane.admin.grantPackage({ name, type, region: 'local', amount: 1, expiresAt: null, force: false });
/** The type of projects that are made without one. */
const projectType = 'L1';
const valueRefused = { code: 'InvalidParameterValue', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) };

describe.each(managementWays)('%s', (_name, make) => {
  const call: Call = (action, request) => make(conformance.sdk)(action, request);
  /** The model of the international package has no fields for a package: only a client without models sees them. */
  const described = async (request: Record<string, unknown>) => {
    const { ConcurrentPackages } = await commonSdk(conformance.sdk)('DescribeConcurrentPackages', request);
    return ConcurrentPackages as readonly Record<string, unknown>[];
  };
  const find = async (id: string) => {
    const found = await described({ Filters: [{ Name: 'ConcurrentId', Values: [id] }] });
    return found[0];
  };

  it('lists, binds, moves, renames, unbinds', async () => {
    const first = await grant('first', projectType);
    const second = await grant('second', projectType);
    const ids = [first.id, second.id];
    try {
      const filters = [{ Name: 'ConcurrentId', Values: ids }];
      const page = await call('DescribeConcurrentPackages', { Offset: 0, Limit: 1, Filters: filters });
      expect(page).toMatchObject({ Total: 2 });
      expect(page.ConcurrentPackages).toHaveLength(1);
      expect(await call('DescribeConcurrentSummary', {})).toMatchObject({
        PrepaidConcurrentTotal: 2,
        HourlyRemainDuration: '0h0m0s',
      });
      await call('BindConcurrentPackagesToProject', { ConcurrentIds: ids, ProjectId: projectId });
      expect(await find(first.id)).toMatchObject({ Name: 'first', ProjectId: projectId, Amount: 1, Status: 'Normal' });
      await call('BindConcurrentPackagesToProject', { ConcurrentIds: [first.id], ProjectId: otherProjectId });
      expect(await find(first.id)).toMatchObject({ ProjectId: otherProjectId });
      await call('ModifyConcurrentPackage', { ConcurrentId: first.id, Name: '周末 & more' });
      expect(await find(first.id)).toMatchObject({ Name: '周末 & more' });
      await expect(
        call('UnbindConcurrentPackagesFromProject', { ConcurrentIds: ids, ProjectId: projectId }),
      ).rejects.toMatchObject(valueRefused);
      await call('UnbindConcurrentPackagesFromProject', { ConcurrentIds: [second.id], ProjectId: projectId });
      await call('UnbindConcurrentPackagesFromProject', { ConcurrentIds: [first.id] });
      expect(await find(first.id)).toMatchObject({ ProjectId: null });
    } finally {
      for (const id of ids) await conformance.plane.admin.revokePackage(id);
    }
  });

  it('resets: every user is disconnected', async () => {
    const { id } = await grant('reset', projectType);
    try {
      await call('BindConcurrentPackagesToProject', { ConcurrentIds: [id], ProjectId: projectId });
      const user = { UserId: 'u1', UserIp: '198.51.100.4' };
      const sessions = internationalSdk(conformance.sdk);
      await sessions('ApplyConcurrent', { ...user, ProjectId: projectId });
      await sessions('CreateSession', { ...user, ClientSession: offer });
      await until('the use', async () => (await find(id))?.Using === 1);
      await call('ResetConcurrentPackages', { ConcurrentPackageIds: [id] });
      await until('the end', async () => (await conformance.plane.admin.listSessions()).length === 0);
      expect(conformance.node.ended.at(-1)?.reason).toBe('kicked');
      await until('the clean slot', async () => (await find(id))?.Using === 0);
    } finally {
      await conformance.plane.admin.revokePackage(id);
    }
  });

  it('refuses what is unknown, of another type, or of the wrong kind, and changes nothing', async () => {
    const known = await grant('known', projectType);
    const odd = await grant('odd', 'S1');
    const unknown = 'cac-unknown1';
    try {
      const bind = (ConcurrentIds: unknown, ProjectId: unknown) =>
        call('BindConcurrentPackagesToProject', { ConcurrentIds, ProjectId });
      await expect(bind([known.id, unknown], projectId)).rejects.toMatchObject(valueRefused);
      await expect(bind([known.id, odd.id], projectId)).rejects.toMatchObject(valueRefused);
      await expect(bind([known.id], 'cap-unknown1')).rejects.toMatchObject(valueRefused);
      await expect(bind([], projectId)).rejects.toMatchObject({
        code: expect.stringMatching(/^(MissingParameter|InvalidParameterValue)$/),
      });
      expect(await find(known.id)).toMatchObject({ ProjectId: null });
      await expect(call('UnbindConcurrentPackagesFromProject', { ConcurrentIds: [unknown] })).rejects.toMatchObject(
        valueRefused,
      );
      await expect(call('ModifyConcurrentPackage', { ConcurrentId: unknown, Name: 'x' })).rejects.toMatchObject(
        valueRefused,
      );
      await expect(call('ModifyConcurrentPackage', { ConcurrentId: known.id, Name: '' })).rejects.toMatchObject(
        valueRefused,
      );
      await expect(call('ResetConcurrentPackages', { ConcurrentPackageIds: [unknown] })).rejects.toMatchObject(
        valueRefused,
      );
      await expect(
        call('DescribeConcurrentPackages', { Filters: [{ Name: 'Colour', Values: ['blue'] }] }),
      ).rejects.toMatchObject(valueRefused);
      await expect(call('DescribeConcurrentPackages', { Limit: 1_000 })).rejects.toMatchObject(valueRefused);
    } finally {
      for (const { id } of [known, odd]) await conformance.plane.admin.revokePackage(id);
    }
  });
});

it('shows every field of a package to clients without models', async () => {
  const { id } = await conformance.plane.admin.grantPackage({
    name: 'all fields',
    type: projectType,
    region: 'local',
    amount: 2,
    expiresAt: Date.now() + 3_600_000,
    force: false,
  });
  const { ConcurrentPackages } = await commonSdk(conformance.sdk)('DescribeConcurrentPackages', {
    Filters: [{ Name: 'ConcurrentId', Values: [id] }],
  });
  expect(ConcurrentPackages).toEqual([
    {
      ConcurrentId: id,
      Name: 'all fields',
      Type: projectType,
      Region: 'local',
      Amount: 2,
      Available: 2,
      Using: 0,
      Status: 'Normal',
      ProjectId: null,
      CreateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      ExpireTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    },
  ]);
});
