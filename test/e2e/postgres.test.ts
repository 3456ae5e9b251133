import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '@cloudstage/bench';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage, receiverStats } from './support/browser.js';
import { demoPageUrl, instanceId, playing } from './support/demo-page.js';
import { programPids } from './support/processes.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';

/** The main job in short, on PostgreSQL; `main-job.test.ts` has all of it, on either database. */

let server: Awaited<ReturnType<typeof startPostgres>>;
let product: Product;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server = await startPostgres();
  product = await startProduct({ databaseServer: server.url });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await disposeProduct(product);
  await server?.close();
});

describe('a user of an installation on PostgreSQL', () => {
  it('plays', async () => {
    page = await openPage(browser, demoPageUrl(product, 'ann'));
    await playing(page);
    expect(existsSync(join(product.dataDir, 'database'))).toBe(false);
    expect(await product.cli('sessions', 'list')).toMatchObject([{ UserId: 'ann', State: 'running' }]);
  });

  it('keeps playing when the control plane is killed and started again', async () => {
    const instance = await instanceId(page);
    const pids = await programPids(product);
    await product.kill();
    const decoded = (await receiverStats(page)).framesDecoded;
    await until('frames without a control plane', async () => (await receiverStats(page)).framesDecoded > decoded + 10);
    product = await startProduct({ previous: product });
    expect(await programPids(product)).toEqual(expect.arrayContaining(pids));
    await page.reload();
    await playing(page);
    expect(await instanceId(page)).toBe(instance);
  });

  it('has nothing left when the session is destroyed', async () => {
    await product.cloudApi().destroySession({ UserId: 'ann' });
    await until('the session to end', async () => {
      return (await product.cli<readonly unknown[]>('sessions', 'list')).length === 0;
    });
  });
});
