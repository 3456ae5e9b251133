import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildZip, type RawZipEntry } from '../../storage/archives.testkit.js';
import { until } from '../../testing/harness.testkit.js';
import { type Call, commonSdk } from './official-sdks.testkit.js';
import { type ConformancePlane, managementWays, startConformancePlane } from './plane.testkit.js';

/** The actions on applications, through every way the official packages have, with real uploads into a real store. */
let conformance: ConformancePlane;
beforeAll(async () => {
  conformance = await startConformancePlane({}, { packages: { allowPrivateUrls: true, urlSchemes: ['http'] } });
});
afterAll(() => conformance.close());

const program: RawZipEntry = { name: 'bin/game', content: '\x7fELF a program', mode: 0o100755 };
const desktop = { WindowUseType: 'ApplicationDesktop' };
type Fields = Record<string, unknown>;
type Version = { readonly ApplicationVersionId: string; readonly ApplicationVersionStatus: string };
const refused = (code: string) => ({ code, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });

let names = 0;
const newName = () => {
  names += 1;
  return `游戏 ${names}`;
};

function applicationsOf(call: Call) {
  const create = async (ApplicationType = 'Application3D'): Promise<string> => {
    const made = await call('CreateApplication', { ApplicationName: newName(), ApplicationType });
    return String(made.ApplicationId);
  };
  const createVersion = async (ApplicationId: string, extra: Fields = {}): Promise<string> => {
    const request = { ApplicationId, ApplicationFileName: 'game.zip', ...extra };
    const { Version } = (await call('CreateApplicationVersion', request)) as { Version: Version };
    return Version.ApplicationVersionId;
  };
  const versions = async (ApplicationId: string): Promise<readonly Version[]> => {
    const { Versions } = await call('DescribeApplicationVersion', { ApplicationId });
    return Versions as readonly Version[];
  };
  const statusOf = async (ApplicationId: string, versionId: string) =>
    (await versions(ApplicationId)).find((row) => row.ApplicationVersionId === versionId)?.ApplicationVersionStatus;
  /** As a customer uploads: with the credential, to the address that this product adds. */
  const upload = async (ApplicationId: string, content: Buffer): Promise<void> => {
    const credential = await commonSdk(conformance.sdk)('DescribeCosCredential', {
      ApplicationId,
      ApplicationFileName: 'game.zip',
    });
    const response = await fetch(new URL(String(credential.Path), String(credential.UploadUrl)), {
      method: 'PUT',
      headers: { authorization: `Bearer ${credential.SessionToken}` },
      body: new Uint8Array(content),
    });
    expect(response.status).toBeLessThan(300);
  };
  const finish = (ApplicationId: string, versionId: string) =>
    until('the version', async () => {
      const status = await statusOf(ApplicationId, versionId);
      return status !== 'Uploading' && status !== 'Creating' && status;
    });
  const ready = async (ApplicationId: string, entries: readonly RawZipEntry[], extra: Fields = {}) => {
    const versionId = await createVersion(ApplicationId, extra);
    await upload(ApplicationId, buildZip([...entries]));
    await call('CreateApplicationSnapshot', { ApplicationId, ApplicationDownloadUrl: '' });
    await finish(ApplicationId, versionId);
    return versionId;
  };
  const configure = (ApplicationId: string, extra: Fields = {}) =>
    call('ModifyApplicationBaseInfo', {
      ApplicationId,
      ApplicationExePath: 'bin/game',
      ApplicationInterList: 'game|helper',
      ApplicationBaseInfo: desktop,
      ...extra,
    });
  return { create, createVersion, versions, statusOf, upload, finish, ready, configure };
}

describe.each(managementWays)('%s', (_name, make) => {
  const call: Call = (action, request) => make(conformance.sdk)(action, request);
  const app = applicationsOf(call);

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
    await until('the deletion', async () => (await app.versions(id)).length === 1);
    await call('DeleteApplication', { ApplicationId: id });
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
    await expect(call('DescribeApplicationStatus', { ApplicationIdList: [7] })).rejects.toMatchObject({
      code: expect.stringMatching(/^InvalidParameter/),
    });
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

it('bounds versions and applications', async () => {
  const call = commonSdk(conformance.sdk);
  const app = applicationsOf(call);
  const id = await app.create();
  for (let index = 0; index < 5; index++) {
    const versionId = await app.ready(id, [program, { name: 'number', content: String(index) }]);
    if (index === 0) await app.configure(id);
    else await call('SetApplicationVersionOnline', { ApplicationId: id, ApplicationVersionId: versionId });
  }
  await expect(app.createVersion(id)).rejects.toMatchObject(refused('OperationDenied.VersionLimitExceeded'));
});
