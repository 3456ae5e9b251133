import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloudApiClient } from '@cloudstage/cloud-api';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, openPage } from './support/browser.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';
import { serveSdkPage } from './support/sdk-page.js';
import { leave, notes, prepare, start } from './support/sdk-session.js';
import { addStampProject, readStamp } from './support/stamp.js';

/** Several people in one session, in a project that was made by the cloud API: what each of them sees in a real browser. */

let product: Product;
let browser: Browser;
let site: { readonly url: string; close(): Promise<void> };
let api: CloudApiClient;
let host: Page;
let guest: Page;
let imageId: string;
let projectId: string;

/** The smallest picture there is. @see PNG specification, 11.2: one grey pixel */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);
const userIp = '198.51.100.4';

beforeAll(async () => {
  product = await startProduct();
  browser = await launchBrowser();
  site = await serveSdkPage();
  api = product.cloudApi();
  const stamp = await addStampProject(product);
  const { Projects } = await api.describeApplicationProjects({ Filters: [{ Name: 'ProjectId', Values: [stamp] }] });
  const file = join(product.dataDir, 'loading.png');
  await writeFile(file, png);
  ({ Id: imageId } = await product.cli<{ Id: string }>('images', 'add', file));
  const made = await api.createApplicationProject({
    Name: 'together',
    ApplicationId: Projects?.[0]?.ApplicationId ?? '',
    Type: 'L1',
    Resolution: '640x360',
    BackgroundImageCOSFileId: imageId,
  });
  projectId = made.ProjectId ?? '';
  host = await openPage(browser, site.url);
  guest = await openPage(browser, site.url);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await disposeProduct(product);
});

const joinHost = async (page: Page, UserId: string, Role?: 'Player' | 'Viewer'): Promise<string> => {
  const ClientSession = await prepare(page);
  const room = Role === undefined ? {} : { HostUserId: 'host', Role };
  const { ServerSession } = await api.createSession({ UserId, UserIp: userIp, ClientSession, ...room });
  return ServerSession ?? '';
};
const statuses = async (page: Page) =>
  (await notes(page)).filter(({ name }) => name === 'onWebrtcStatusChange').map(({ value }) => value?.code);
const connected = (page: Page) =>
  until('ConnectSuccess', async () => {
    const all = await notes(page);
    return all.find(({ name, value }) => name === 'onConnectSuccess' && value?.code === 0) ?? Promise.reject(all);
  });

it('a guest of somebody who is not there is refused', async () => {
  const refused = joinHost(guest, 'guest', 'Viewer');
  await expect(refused).rejects.toMatchObject({ code: 'ResourceNotFound.SessionNotFound' });
});

it('a guest who comes before the host’s program is told to wait: code 8', async () => {
  await api.applyConcurrent({ UserId: 'host', UserIp: userIp, ProjectId: projectId });
  await start(guest, await joinHost(guest, 'guest', 'Viewer'));
  await until('code 8', async () => (await statuses(guest)).includes(8) || Promise.reject(await notes(guest)));
});

it('shows the project’s background image', async () => {
  await start(host, await joinHost(host, 'host'));
  await connected(host);
  const shown = () =>
    host.evaluate(
      (id) =>
        [...document.querySelectorAll('#mount *')]
          .map((each) => getComputedStyle(each).backgroundImage)
          .find((text) => text.includes(id)),
      imageId,
    );
  const url = /url\("(.*)"\)/.exec(await until('an element with the image', shown))?.[1] ?? '';
  expect(url).toBe(`${product.apiUrl}/images/${imageId}`);
  expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(png);
});

it('lets the guest watch once the program runs, but not play', async () => {
  await until('a stamp at the host', () => readStamp(host));
  await start(guest, await joinHost(guest, 'guest', 'Viewer'));
  await connected(guest);
  const before = await until('a stamp at the guest', () => readStamp(guest));
  await guest.keyboard.press('a');
  await guest.mouse.click(300, 200);
  // The host's press comes later: had the guest's arrived, they would have been counted before it.
  await host.mouse.click(300, 200);
  const after = await until('the host’s click at the guest', async () => {
    const stamp = await readStamp(guest);
    return stamp !== null && stamp.inputSeq > before.inputSeq ? stamp : null;
  });
  expect([after.inputKind, after.inputSeq - before.inputSeq]).toEqual(['button', 1]);
});

it('leaves the host alone when the guest goes, and ends the guest’s picture with the host’s session', async () => {
  await leave(guest);
  await until('the host’s clock', async () => {
    const first = await readStamp(host);
    return (await until('a later time', () => readStamp(host))).drawnAtUs > (first?.drawnAtUs ?? Number.MAX_VALUE);
  });
  await start(guest, await joinHost(guest, 'guest', 'Player'));
  await connected(guest);
  await api.destroySession({ UserId: 'host' });
  for (const page of [host, guest]) {
    await until('the end', async () => (await notes(page)).some(({ name }) => name === 'onDisconnect'));
  }
});
