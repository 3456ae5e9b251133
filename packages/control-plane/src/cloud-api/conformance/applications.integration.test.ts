import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildZip } from '../../storage/archives.testkit.js';
import { until } from '../../testing/harness.testkit.js';
import { applicationsOf, newName, program } from './applications.testkit.js';
import { type Call, commonSdk } from './official-sdks.testkit.js';
import { type ConformancePlane, managementWays, startConformancePlane } from './plane.testkit.js';

/** The actions on applications, through every way the official packages have, with real uploads into a real store. */
let conformance: ConformancePlane;
beforeAll(async () => {
  conformance = await startConformancePlane({}, { packages: { allowPrivateUrls: true, urlSchemes: ['http'] } });
});
afterAll(() => conformance.close());

describe.each(managementWays)('%s', (_name, make) => {
  const call: Call = (action, request) => make(conformance.sdk)(action, request);
  const app = applicationsOf(() => commonSdk(conformance.sdk), call);

  it('brings a package online, updates it, rolls back, deletes', async () => {
    const id = await app.create();
    expect(id).toMatch(/^app-[a-z0-9]{6,8}$/);
    const first = await app.ready(id, [program]);
    expect(first).toMatch(/^ver-[a-z0-9]{6,8}$/);
    expect(await call('DescribeApplicationPathList', { ApplicationId: id, ApplicationVersionId: first })).toMatchObject(
      {
        PathList: ['bin/game'],
      },
    );
    const files = await call('DescribeApplicationFileInfo', { ApplicationId: id, FilePathList: ['bin/game', 'none'] });
    expect(files.FileInfoList).toMatchObject([
      { FilePath: 'bin/game', FileState: 'EXIST' },
      { FilePath: 'none', FileState: 'NO_EXIST' },
    ]);
    const ApplicationName = newName();
    await app.configure(id, {
      ApplicationBaseInfo: { WindowUseType: 'ApplicationWindow', WindowName: 'Main', WindowClassName: 'Game' },
      ApplicationParams: '-b "two words" +x=1&y',
      ApplicationName,
    });
    const list = await call('DescribeApplicationList', {
      Offset: 0,
      Limit: 10,
      Filters: [{ Name: 'ApplicationId', Values: [id, 'app-unknown1'] }],
      ApplicationCategory: 'DESKTOP',
    });
    expect(list).toMatchObject({ ApplicationTotal: 1, UserMobileApplicationList: [] });
    expect(list.UserApplicationList).toMatchObject([
      {
        ApplicationId: id,
        ApplicationName,
        ApplicationType: 'Application3D',
        ApplicationExePath: 'bin/game',
        ApplicationInterList: 'game|helper',
        ApplicationParams: '-b "two words" +x=1&y',
        ApplicationRunStatus: 'ApplicationRunning',
        ApplicationBaseInfo: { WindowUseType: 'ApplicationWindow', WindowName: 'Main', WindowClassName: 'Game' },
        ApplicationNature: 'PRIVATE',
        ApplicationVersions: [{ ApplicationVersionId: first, ApplicationVersionStatus: 'Inuse' }],
      },
    ]);
    const second = await app.ready(id, [{ name: 'data/level', content: 'new' }], {
      ApplicationVersionUpdateMode: 'INCREMENT',
      ApplicationVersionRegions: ['local'],
    });
    await call('ModifyApplicationVersion', {
      ApplicationId: id,
      ApplicationVersionId: second,
      ApplicationVersionName: 'week 2',
    });
    const online = await call('SetApplicationVersionOnline', { ApplicationId: id, ApplicationVersionId: second });
    expect(online.Versions).toMatchObject([
      {
        ApplicationVersionId: second,
        ApplicationVersionStatus: 'Inuse',
        ApplicationVersionName: 'week 2',
        ApplicationVersionUpdateMode: 'INCREMENT',
        ApplicationVersionRegions: ['local'],
      },
      { ApplicationVersionId: first, ApplicationVersionStatus: 'Usable', ApplicationVersionUpdateMode: 'FULL' },
    ]);
    await call('SetApplicationVersionOnline', { ApplicationId: id, ApplicationVersionId: first });
    expect(await app.statusOf(id, second)).toBe('Usable');
    const status = await call('DescribeApplicationStatus', { ApplicationIdList: [id] });
    expect(status.StatusList).toMatchObject([{ ApplicationId: id, ApplicationRunStatus: 'ApplicationRunning' }]);
    await call('DeleteApplicationVersion', { ApplicationId: id, ApplicationVersionId: second });
    expect(await app.statusOf(id, second)).toBe('Deleting');
    conformance.advance(31_000);
    await until('the deletion', async () => (await app.versions(id)).length === 1);
    await call('DeleteApplication', { ApplicationId: id });
    const deleting = await call('DescribeApplicationStatus', { ApplicationIdList: [id] });
    expect(deleting.StatusList).toMatchObject([{ ApplicationRunStatus: 'ApplicationDeleting' }]);
    conformance.advance(31_000);
    await until('the deletion', async () => {
      const { ApplicationTotal } = await call('DescribeApplicationList', {
        Offset: 0,
        Limit: 1,
        Filters: [{ Name: 'ApplicationId', Values: [id] }],
      });
      return ApplicationTotal === 0;
    });
  });

  it('gives a credential with every published field, and fetches a package by URL', async () => {
    const id = await app.create();
    const versionId = await app.createVersion(id);
    const credential = await call('DescribeCosCredential', { ApplicationId: id, ApplicationFileName: 'game.zip' });
    for (const field of ['SecretID', 'SecretKey', 'SessionToken', 'CosBucket', 'CosRegion', 'Path']) {
      expect(credential[field], field).toMatch(/./);
    }
    expect(Number(credential.ExpiredTime)).toBeGreaterThan(Number(credential.StartTime));
    const content = buildZip([program]);
    const server = createServer((_request, response) => response.end(content));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const ApplicationDownloadUrl = `http://127.0.0.1:${address.port}/game.zip?token=a+b%20c`;
    await call('CreateApplicationSnapshot', { ApplicationId: id, ApplicationDownloadUrl });
    expect(await app.finish(id, versionId)).toBe('Normal');
    server.close();
  });

  it('renames mobile applications, which have lists of their own', async () => {
    const id = await app.create('ApplicationAPK');
    const ApplicationName = newName();
    await call('ModifyMobileApplicationInfo', { ApplicationId: id, ApplicationName });
    const list = await call('DescribeApplicationList', {
      Offset: 0,
      Limit: 10,
      ApplicationCategory: 'MOBILE',
      Filters: [{ Name: 'ApplicationName', Values: [ApplicationName] }],
    });
    expect(list).toMatchObject({ ApplicationTotal: 1, UserApplicationList: [] });
    expect(list.UserMobileApplicationList).toMatchObject([
      {
        ApplicationId: id,
        ApplicationName,
        ApplicationType: 'ApplicationAPK',
        ApplicationRunStatus: 'ApplicationNoPackage',
      },
    ]);
  });

  it('says through clients without models why nothing could be made of a package', async () => {
    const id = await app.create();
    const versionId = await app.createVersion(id);
    await app.upload(id, Buffer.from('this is no archive'));
    await call('CreateApplicationSnapshot', { ApplicationId: id, ApplicationDownloadUrl: '' });
    expect(await app.finish(id, versionId)).toBe('CreateFailed');
    const raw = await commonSdk(conformance.sdk)('DescribeApplicationVersion', { ApplicationId: id });
    expect(raw.Versions).toMatchObject([{ FailureReason: expect.stringMatching(/^package-/) }]);
  });
});
