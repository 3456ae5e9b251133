import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../testing/harness.testkit.js';
import { applicationsOf, desktop, type Fields, newName, program, refused } from './applications.testkit.js';
import { type Call, commonSdk } from './official-sdks.testkit.js';
import { type ConformancePlane, managementWays, startConformancePlane } from './plane.testkit.js';

/** What the actions on applications refuse, through every way the official packages have. */
let conformance: ConformancePlane;
const maxApplications = 60;
beforeAll(async () => {
  conformance = await startConformancePlane({}, { applications: { maxApplications } });
});
afterAll(() => conformance.close());

describe.each(managementWays)('%s', (_name, make) => {
  const call: Call = (action, request) => make(conformance.sdk)(action, request);
  const app = applicationsOf(() => commonSdk(conformance.sdk), call);

  it('refuses with the documented codes', async () => {
    const ApplicationName = newName();
    const { ApplicationId: id } = (await call('CreateApplication', {
      ApplicationName,
      ApplicationType: 'Application3D',
    })) as { ApplicationId: string };
    const again = call('CreateApplication', { ApplicationName, ApplicationType: 'Application3D' });
    await expect(again).rejects.toMatchObject(refused('FailedOperation.ApplicationCreateFail'));
    const odd = call('CreateApplication', { ApplicationName: newName(), ApplicationType: 'Application4D' });
    await expect(odd).rejects.toMatchObject(refused('InvalidParameterValue'));
    const unknown = { ApplicationId: 'app-unknown1' };
    const missing: readonly (readonly [string, Fields])[] = [
      ['CreateApplicationVersion', { ...unknown, ApplicationFileName: 'game.zip' }],
      ['CreateApplicationSnapshot', { ...unknown, ApplicationDownloadUrl: '' }],
      ['DescribeCosCredential', unknown],
      ['DescribeApplicationVersion', unknown],
      ['DescribeApplicationPathList', unknown],
      ['DescribeApplicationFileInfo', { ...unknown, FilePathList: ['x'] }],
      ['DeleteApplication', unknown],
      ['DeleteApplicationVersion', { ...unknown, ApplicationVersionId: 'ver-unknown1' }],
      ['ModifyApplicationVersion', { ...unknown, ApplicationVersionId: 'ver-unknown1', ApplicationVersionName: 'x' }],
      ['SetApplicationVersionOnline', { ...unknown, ApplicationVersionId: 'ver-unknown1' }],
      ['ModifyMobileApplicationInfo', { ...unknown, ApplicationName: 'x' }],
      [
        'ModifyApplicationBaseInfo',
        { ...unknown, ApplicationExePath: 'x', ApplicationInterList: 'x', ApplicationBaseInfo: desktop },
      ],
    ];
    for (const [action, request] of missing) {
      await expect(call(action, request), action).rejects.toMatchObject(refused('FailedOperation.ApplicationNotFind'));
    }
    const noVersion = { ApplicationId: id, ApplicationVersionId: 'ver-unknown1' };
    for (const action of ['DeleteApplicationVersion', 'SetApplicationVersionOnline']) {
      await expect(call(action, noVersion), action).rejects.toMatchObject(refused('InvalidParameterValue'));
    }
    await expect(app.createVersion(id, { ApplicationFileName: 'game.exe' })).rejects.toMatchObject(
      refused('InvalidParameterValue'),
    );
    await expect(app.createVersion(id, { ApplicationVersionUpdateMode: 'INCREMENT' })).rejects.toMatchObject(
      refused('InvalidParameterValue'),
    );
    await app.createVersion(id);
    await expect(app.createVersion(id)).rejects.toMatchObject(refused('OperationDenied.VersionCreating'));
    const early = call('CreateApplicationSnapshot', { ApplicationId: id, ApplicationDownloadUrl: '' });
    await expect(early).rejects.toMatchObject(refused('OperationDenied'));
    const scheme = call('CreateApplicationSnapshot', { ApplicationId: id, ApplicationDownloadUrl: 'ftp://x/y.zip' });
    await expect(scheme).rejects.toMatchObject(refused('InvalidParameterValue'));
    await expect(call('DescribeApplicationStatus', { ApplicationIdList: ['x'.repeat(200)] })).rejects.toMatchObject(
      refused('InvalidParameterValue'),
    );
    const listing = { Offset: 0, Limit: 1, Filters: [{ Name: 'Colour', Values: ['red'] }] };
    await expect(call('DescribeApplicationList', listing)).rejects.toMatchObject(refused('InvalidParameterValue'));
  });

  it('refuses to delete what is online or in use, and an exe path that is not in the package', async () => {
    const id = await app.create();
    const versionId = await app.ready(id, [program]);
    await expect(app.configure(id, { ApplicationExePath: 'bin/none' })).rejects.toMatchObject(
      refused('InvalidParameterValue'),
    );
    await app.configure(id);
    const remove = call('DeleteApplicationVersion', { ApplicationId: id, ApplicationVersionId: versionId });
    await expect(remove).rejects.toMatchObject(refused('OperationDenied'));
    await conformance.plane.admin.findOrCreateProject({ name: newName(), applicationId: id });
    await expect(call('DeleteApplication', { ApplicationId: id })).rejects.toMatchObject(
      refused('FailedOperation.ApplicationLockFail'),
    );
  });

  it('refuses what is done to an application that is being deleted, or that has no use for it', async () => {
    const id = await app.create();
    const versionId = await app.ready(id, [program]);
    await app.configure(id);
    const other = await app.ready(id, [{ name: 'data', content: 'no program' }]);
    const online = call('SetApplicationVersionOnline', { ApplicationId: id, ApplicationVersionId: other });
    await expect(online).rejects.toMatchObject(refused('OperationDenied'));
    await call('DeleteApplication', { ApplicationId: id });
    const version = { ApplicationId: id, ApplicationVersionId: versionId };
    const late: readonly (readonly [string, Fields])[] = [
      ['CreateApplicationVersion', { ApplicationId: id, ApplicationFileName: 'game.zip' }],
      ['CreateApplicationSnapshot', { ApplicationId: id, ApplicationDownloadUrl: '' }],
      ['DescribeCosCredential', { ApplicationId: id }],
      ['SetApplicationVersionOnline', version],
      ['ModifyApplicationVersion', { ...version, ApplicationVersionName: 'x' }],
      ['DeleteApplicationVersion', version],
    ];
    for (const [action, request] of late) {
      await expect(call(action, request), action).rejects.toMatchObject(refused('FailedOperation.ApplicationLockFail'));
    }
    const mobile = await app.create('ApplicationAPK');
    await expect(app.createVersion(mobile)).rejects.toMatchObject(refused('OperationDenied'));
    const desktopOnly = await app.create();
    const rename = call('ModifyMobileApplicationInfo', { ApplicationId: desktopOnly, ApplicationName: newName() });
    await expect(rename).rejects.toMatchObject(refused('InvalidParameterValue'));
  });

  it('refuses to delete what sessions run', async () => {
    const id = await app.create();
    await app.ready(id, [program]);
    await app.configure(id);
    const trial = await app.ready(id, [program, { name: 'level', content: 'new' }]);
    const made = await call('CreateApplicationProject', {
      Name: newName(),
      ApplicationId: '',
      Type: 'L1',
      ProjectType: 'SHARED',
    });
    const user = { UserId: `user of ${id}`, UserIp: '198.51.100.4' };
    const wish = { ...user, ProjectId: made.ProjectId, ApplicationId: id, ApplicationVersionId: trial };
    await call('ApplyConcurrent', wish);
    for (const action of ['DeleteApplicationVersion', 'DeleteApplication']) {
      const version = action === 'DeleteApplication' ? {} : { ApplicationVersionId: trial };
      await expect(call(action, { ApplicationId: id, ...version }), action).rejects.toMatchObject(
        refused('FailedOperation.VersionLockFail'),
      );
    }
    await call('DestroySession', { UserId: user.UserId });
    await until('the end of the session', async () => (await conformance.count()).running === 0);
    await call('DeleteApplicationVersion', { ApplicationId: id, ApplicationVersionId: trial });
  });
});

it('bounds versions and applications', async () => {
  const call = commonSdk(conformance.sdk);
  const app = applicationsOf(() => commonSdk(conformance.sdk), call);
  const id = await app.create();
  for (let index = 0; index < 5; index++) {
    const versionId = await app.ready(id, [program, { name: 'number', content: String(index) }]);
    if (index === 0) await app.configure(id);
    else await call('SetApplicationVersionOnline', { ApplicationId: id, ApplicationVersionId: versionId });
  }
  await expect(app.createVersion(id)).rejects.toMatchObject(refused('OperationDenied.VersionLimitExceeded'));
  const createMany = async () => {
    for (let index = 0; index <= maxApplications; index++) await app.create();
  };
  await expect(createMany()).rejects.toMatchObject(refused('OperationDenied.ApplicationLimitExceeded'));
  const { ApplicationTotal } = await call('DescribeApplicationList', { Offset: 0, Limit: 1 });
  expect(ApplicationTotal).toBeGreaterThanOrEqual(maxApplications);
});
