import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gamePackage } from '../../../testing/applications.testkit.js';
import { createHarness, type Harness, openTestDatabase, resetDatabase } from '../../../testing/harness.testkit.js';
import { createTestPackages, type TestPackages } from '../../../testing/packages.testkit.js';
import { defaultCloudApiConfig } from '../../config.js';
import { dispatch } from '../../dispatch.js';
import { createRateLimiter } from '../../rate-limit.js';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
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

type Fields = Readonly<Record<string, unknown>>;

/** Sends a call as it comes out of authentication; gives the response or `{ code, message }`. */
const call = async (action: string, request: Fields): Promise<Fields> => {
  const result = await dispatch(
    {
      credentials: { secretId: '', timestamp: '', scopeDate: null, token: '', verify: () => true },
      action,
      version: '2022-01-10',
      parameters: { type: 'json', body: Buffer.from(JSON.stringify(request)) },
      commonPrefix: 'X-TC-',
    },
    { ...h.caller, secretId: 'AKIDtest', sourceAddress: '127.0.0.1', permissions: ['car:*'] },
    {
      services: h.services,
      config: defaultCloudApiConfig,
      rateLimiter: createRateLimiter({ maxKeys: 100, now: () => 0 }),
      now: h.now,
      onLateError: (error) => {
        throw error;
      },
    },
  );
  if (result.type === 'answered') return result.response;
  return { code: result.failure.error.code, message: result.failure.error.message?.['en-US'] };
};
const created = async (ApplicationName: string, ApplicationType = 'Application3D'): Promise<string> => {
  h.advance(1);
  const { ApplicationId } = await call('CreateApplication', { ApplicationName, ApplicationType });
  return ApplicationId as string;
};
const desktop = { WindowUseType: 'ApplicationDesktop' };

describe('the way of an application through the API', () => {
  it('creation, upload, base info, publishing', async () => {
    const ApplicationId = await created('game one');
    expect(ApplicationId).toMatch(/^app-[a-z0-9]{8}$/);
    const { Version } = await call('CreateApplicationVersion', {
      ApplicationId,
      ApplicationFileName: 'game.zip',
      ApplicationVersionRegions: ['ap-tokyo', 'ap-tokyo'],
      ApplicationVersionUpdateMode: 'FULL',
    });
    const { ApplicationVersionId } = Version as { ApplicationVersionId: string };
    expect(Version).toEqual({
      ApplicationVersionId: expect.stringMatching(/^ver-[a-z0-9]{8}$/),
      ApplicationVersionSize: 0,
      ApplicationVersionStatus: 'Uploading',
      ApplicationVersionName: 'game',
      CreateTime: new Date(h.now()).toISOString(),
      ApplicationVersionRegions: ['ap-tokyo'],
      ApplicationVersionUpdateMode: 'FULL',
      FailureReason: null,
    });
    expect(await call('DescribeCosCredential', { ApplicationId, ApplicationFileName: 'game.zip' })).toEqual({
      SecretID: 'id',
      SecretKey: 'key',
      SessionToken: 'token',
      CosBucket: 'uploads',
      CosRegion: 'local',
      Path: `uploads/${ApplicationVersionId}/game.zip`,
      StartTime: 1_700_000_000,
      ExpiredTime: 1_700_003_600,
      UploadUrl: 'http://127.0.0.1/uploads/',
    });
    await packages.upload(ApplicationVersionId, gamePackage);
    expect(await call('CreateApplicationSnapshot', { ApplicationId, ApplicationDownloadUrl: '' })).toEqual({});
    await h.settled();
    expect(await call('DescribeApplicationPathList', { ApplicationId })).toEqual({ PathList: ['tool', 'bin/game'] });
    const FilePathList = ['bin\\game', 'nothing'];
    expect(await call('DescribeApplicationFileInfo', { ApplicationId, FilePathList })).toEqual({
      FileInfoList: [
        { FilePath: 'bin\\game', FileState: 'EXIST' },
        { FilePath: 'nothing', FileState: 'NO_EXIST' },
      ],
    });
    const info = { ApplicationId, ApplicationExePath: 'bin\\game', ApplicationInterList: 'game | helper|' };
    expect(await call('ModifyApplicationBaseInfo', { ...info, ApplicationBaseInfo: desktop })).toEqual({});
    expect(await call('SetApplicationVersionOnline', { ApplicationId, ApplicationVersionId })).toMatchObject({
      Versions: [{ ApplicationVersionId, ApplicationVersionStatus: 'Inuse', ApplicationVersionSize: 9 }],
    });
    expect(
      await call('ModifyApplicationVersion', { ApplicationId, ApplicationVersionId, ApplicationVersionName: 'v1' }),
    ).toEqual({});
    expect(await call('DescribeApplicationVersion', { ApplicationId })).toMatchObject({
      Versions: [{ ApplicationVersionName: 'v1' }],
    });
    const unknown = 'app-unknown1';
    expect(await call('DescribeApplicationStatus', { ApplicationIdList: [unknown, ApplicationId] })).toEqual({
      StatusList: [
        {
          ApplicationId,
          ApplicationRunStatus: 'ApplicationRunning',
          ApplicationUpdateStatus: 'ApplicationUpdateReleased',
          ApplicationUpdateProgress: 100,
        },
      ],
    });
    expect(await call('DescribeApplicationList', { Offset: 0, Limit: 1 })).toMatchObject({
      ApplicationTotal: 2,
      UserApplicationList: [
        {
          ApplicationId,
          ApplicationName: 'game one',
          ApplicationType: 'Application3D',
          ApplicationExePath: 'bin/game',
          ApplicationInterList: 'game|helper',
          ApplicationParams: '',
          ApplicationBaseInfo: { ...desktop, WindowName: '', WindowClassName: '', WindowCaptureMode: 'HOOK' },
          ApplicationUpdateProgress: 100,
          ApplicationNature: 'PRIVATE',
          ApplicationStores: [],
        },
      ],
      UserMobileApplicationList: [],
    });
    expect(await call('DeleteApplicationVersion', { ApplicationId, ApplicationVersionId })).toEqual({
      code: 'OperationDenied',
      message: 'The operation is denied: the version is online; put another one online first',
    });
    expect(await call('DeleteApplication', { ApplicationId })).toEqual({});
    expect(await call('DescribeApplicationVersion', { ApplicationId })).toMatchObject({
      Versions: [{ ApplicationVersionStatus: 'Deleting' }],
    });
  });

  it('of a mobile application: a record with a name', async () => {
    const ApplicationId = await created('phone', 'ApplicationAPK');
    expect(await call('ModifyMobileApplicationInfo', { ApplicationId, ApplicationName: 'tablet' })).toEqual({});
    expect(await call('DescribeApplicationList', { Offset: 0, Limit: 0, ApplicationCategory: 'MOBILE' })).toEqual({
      ApplicationTotal: 1,
      UserApplicationList: [],
      UserMobileApplicationList: [
        {
          ApplicationId,
          ApplicationName: 'tablet',
          ApplicationType: 'ApplicationAPK',
          ApplicationRunStatus: 'ApplicationNoPackage',
          ApplicationUpdateStatus: 'ApplicationUpdateNormal',
          ApplicationCreateTime: expect.stringMatching(/^2023-.*Z$/),
          ApplicationVersions: [],
          ApplicationNature: 'PRIVATE',
        },
      ],
    });
    expect(await call('DescribeCosCredential', { ApplicationId, ApplicationFileName: 'x.apk' })).toMatchObject({
      code: 'OperationDenied',
      message: expect.stringContaining('no Android'),
    });
  });
});

describe('filters of DescribeApplicationList', () => {
  const list = (Filters: unknown) => call('DescribeApplicationList', { Offset: 0, Limit: 10, Filters });

  it('take the public names', async () => {
    const ApplicationId = await created('one');
    const found = { ApplicationTotal: 1, UserApplicationList: [{ ApplicationId }] };
    expect(await list([{ Name: 'ApplicationId', Values: [ApplicationId] }])).toMatchObject(found);
    expect(await list([{ Name: 'ApplicationName', Values: ['ON'] }])).toMatchObject(found);
    expect(await list([{ Name: 'ApplicationRunStatus', Values: ['ApplicationNoPackage'] }])).toMatchObject(found);
    expect(await list([{ Name: 'ApplicationUpdateStatus', Values: ['ApplicationUpdateNormal'] }])).toMatchObject(found);
  });

  it('refuse other names and other values', async () => {
    expect(await list([{ Name: 'Color', Values: ['red'] }])).toMatchObject({
      code: 'InvalidParameterValue',
      message: expect.stringContaining('`Filters.0.Name` must be one of ApplicationId, '),
    });
    const ok = { Name: 'ApplicationName', Values: ['x'] };
    expect(await list([ok, { Name: 'ApplicationRunStatus', Values: ['Running'] }])).toMatchObject({
      code: 'InvalidParameterValue',
      message: expect.stringContaining('`Filters.1.Values` must be one of ApplicationCreating, '),
    });
    expect(await list([{ Name: 'ApplicationUpdateStatus', Values: ['x'] }])).toMatchObject({
      code: 'InvalidParameterValue',
    });
  });
});

describe('an unknown application', () => {
  const ApplicationId = 'app-unknown1';
  const ApplicationVersionId = 'ver-unknown1';
  it.each<[string, Fields]>([
    ['CreateApplicationVersion', { ApplicationFileName: 'x.zip' }],
    ['CreateApplicationSnapshot', { ApplicationDownloadUrl: '' }],
    ['DeleteApplication', {}],
    ['DeleteApplicationVersion', { ApplicationVersionId }],
    ['DescribeApplicationPathList', {}],
    ['DescribeApplicationVersion', {}],
    ['DescribeApplicationFileInfo', { FilePathList: ['x'] }],
    ['DescribeCosCredential', {}],
    ['ModifyApplicationBaseInfo', { ApplicationExePath: 'x', ApplicationInterList: '', ApplicationBaseInfo: desktop }],
    ['ModifyApplicationVersion', { ApplicationVersionId }],
    ['ModifyMobileApplicationInfo', { ApplicationName: 'x' }],
    ['SetApplicationVersionOnline', { ApplicationVersionId }],
  ])('%s: ApplicationNotFind', async (action, request) => {
    expect((await call(action, { ApplicationId, ...request })).code).toBe('FailedOperation.ApplicationNotFind');
  });
});
