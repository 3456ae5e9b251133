import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packStamp, stampPackage } from '@cloudstage/bench';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, openPage } from './support/browser.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';
import { serveSdkPage } from './support/sdk-page.js';
import { notes, prepare, start } from './support/sdk-session.js';
import { readStamp } from './support/stamp.js';

/**
 * A customer's way from an archive to a picture, on real parts: everything goes through the official package of the cloud API,
 * nothing through our command line.
 */

type Fields = Record<string, unknown>;
const { CommonClient } = createRequire(import.meta.url)('tencentcloud-sdk-nodejs/tencentcloud/common/common_client');

interface RecordedPart {
  readonly Id: string;
  readonly DurationMs: number | null;
}

let product: Product;
let browser: Browser;
let site: { readonly url: string; close(): Promise<void> };
let page: Page;
let call: (action: string, request?: Fields) => Promise<Fields>;
let ApplicationId: string;
let ProjectId: string;
const user = { UserId: 'player', UserIp: '198.51.100.4' };

beforeAll(async () => {
  // The package sends everything through this proxy when it is set.
  delete process.env.http_proxy;
  product = await startProduct({ withoutDatabase: true });
  browser = await launchBrowser();
  site = await serveSdkPage();
  page = await openPage(browser, site.url);
  const { host } = new URL(product.apiUrl);
  const { SecretId: secretId, SecretKey: secretKey } = product.accessKey;
  const client = new CommonClient(host, '2022-01-10', {
    credential: { secretId, secretKey },
    region: '',
    profile: { httpProfile: { endpoint: host, protocol: 'http://' } },
  });
  call = (action, request = {}) => client.request(action, request);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await disposeProduct(product);
});

async function upload(archive: Buffer, extra: Fields = {}): Promise<string> {
  const made = await call('CreateApplicationVersion', { ApplicationId, ApplicationFileName: 'stamp.zip', ...extra });
  const { ApplicationVersionId } = made.Version as { ApplicationVersionId: string };
  const to = await call('DescribeCosCredential', { ApplicationId, ApplicationFileName: 'stamp.zip' });
  const response = await fetch(new URL(String(to.Path), String(to.UploadUrl)), {
    method: 'PUT',
    headers: { authorization: `Bearer ${to.SessionToken}` },
    body: new Uint8Array(archive),
  });
  expect(response.status).toBeLessThan(300);
  await call('CreateApplicationSnapshot', { ApplicationId, ApplicationDownloadUrl: '' });
  await until('the package to be unpacked', async () => {
    const { StatusList } = await call('DescribeApplicationStatus', { ApplicationIdList: [ApplicationId] });
    const [status] = StatusList as { ApplicationUpdateStatus: string }[];
    return status?.ApplicationUpdateStatus !== 'ApplicationUpdateCreating';
  });
  return ApplicationVersionId;
}

async function play(): Promise<void> {
  const ClientSession = await prepare(page);
  await until('a concurrency', () => call('ApplyConcurrent', { ...user, ProjectId }));
  // Again while the answer is that it takes too long, as the cloud API wants it.
  const { ServerSession } = await until('a session', () => call('CreateSession', { ...user, ClientSession }));
  await start(page, String(ServerSession));
  await until('ConnectSuccess', async () => (await notes(page)).some(({ name }) => name === 'onConnectSuccess'));
}

/** Version that the player's live session runs. */
async function playedVersion(): Promise<string | undefined> {
  const id = (await sessions()).find((session) => session.UserId === user.UserId)?.SessionId ?? '';
  return (await product.cli<{ ApplicationVersionId: string }>('sessions', 'show', id)).ApplicationVersionId;
}

const sessions = () =>
  product.cli<readonly { SessionId: string; UserId: string | null; State: string; ProjectId: string }[]>(
    'sessions',
    'list',
  );

it('makes an application of an archive', async () => {
  const made = await call('CreateApplication', { ApplicationName: 'stamp', ApplicationType: 'Application3D' });
  ApplicationId = String(made.ApplicationId);
  const archivePath = join(product.dataDir, 'stamp.zip');
  await packStamp(archivePath);
  const version = await upload(await readFile(archivePath));
  const { PathList } = await call('DescribeApplicationPathList', { ApplicationId });
  expect(PathList).toEqual([stampPackage.entryPath]);
  await call('ModifyApplicationBaseInfo', {
    ApplicationId,
    ApplicationExePath: stampPackage.entryPath,
    ApplicationParams: stampPackage.args,
    ApplicationBaseInfo: { WindowUseType: 'ApplicationDesktop' },
    ApplicationInterList: '',
  });
  const { Versions } = await call('DescribeApplicationVersion', { ApplicationId });
  expect(Versions).toMatchObject([{ ApplicationVersionId: version, ApplicationVersionStatus: 'Inuse' }]);
});

it('preloads it in a project, and plays the program that runs already', async () => {
  const made = await call('CreateApplicationProject', {
    Name: 'shop',
    ApplicationId,
    Type: 'L1',
    IsPreload: true,
    PreloadDuration: '1s',
    Resolution: '640x360',
    ApplicationParams: '--fps 30',
  });
  ProjectId = String(made.ProjectId);
  const waiting = await until('a program that runs without user', async () => {
    const found = await sessions();
    return found.find((session) => session.ProjectId === ProjectId && session.State === 'prelaunched');
  });
  expect(waiting.UserId).toBeNull();
  await play();
  await until('its picture', () => readStamp(page));
  expect(await sessions()).toContainEqual(
    expect.objectContaining({ SessionId: waiting.SessionId, UserId: user.UserId, State: 'running' }),
  );
});

it('puts a new version online: who plays keeps the old one, the next one gets the new one', async () => {
  const archivePath = join(product.dataDir, 'stamp.zip');
  const version = await upload(await readFile(archivePath), { ApplicationVersionUpdateMode: 'INCREMENT' });
  await call('SetApplicationVersionOnline', { ApplicationId, ApplicationVersionId: version });
  const before = await until('the old picture', () => readStamp(page));
  await until('its clock', async () => ((await readStamp(page))?.drawnAtUs ?? 0) > before.drawnAtUs);
  expect(await playedVersion()).not.toBe(version);
  // The only step without the package: its actions know no recordings.
  await product.cli('recordings', 'on', ProjectId);
  await call('DestroySession', { UserId: user.UserId });
  await until('the end at the page', async () => (await notes(page)).some(({ name }) => name === 'onDisconnect'));
  await play();
  await until('a picture of the new version', () => readStamp(page));
  expect(await playedVersion()).toBe(version);
});

it('finds the session in the store as a file that plays', async () => {
  const shown = await until('a picture', () => readStamp(page));
  await until('two seconds of it', async () => ((await readStamp(page))?.drawnAtUs ?? 0) > shown.drawnAtUs + 2_000_000);
  const SessionId = (await sessions()).find((session) => session.UserId === user.UserId)?.SessionId;
  await call('DestroySession', { UserId: user.UserId });
  const [part] = await until('the recording', async () => {
    const found = await product.cli<readonly RecordedPart[]>('recordings', 'list', '--session-id', SessionId ?? '');
    return found.length > 0 && found;
  });
  expect(part?.DurationMs).toBeGreaterThan(2_000);
  const path = join(product.dataDir, 'session.mp4');
  await product.cli('recordings', 'save', part?.Id ?? '', path);
  // A browser plays it without help.
  const player = await browser.newPage();
  await player.goto(pathToFileURL(path).href);
  await until('the file to play', () => player.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 1));
  const size = await player.evaluate(() => {
    const video = document.querySelector('video');
    return [video?.videoWidth, video?.videoHeight];
  });
  expect(size).toEqual([640, 360]);
  await player.close();
});

it('leaves nothing when all is deleted', async () => {
  await until('the end of the session', () => call('DeleteApplicationProjects', { ProjectIds: [ProjectId] }));
  await until('the end of preloaded programs', async () => (await sessions()).length === 0);
  await call('DeleteApplication', { ApplicationId });
  const { StatusList } = await call('DescribeApplicationStatus', { ApplicationIdList: [ApplicationId] });
  expect(StatusList).toMatchObject([{ ApplicationRunStatus: 'ApplicationDeleting' }]);
});
