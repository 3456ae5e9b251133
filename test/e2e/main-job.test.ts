import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionCount, difference, launchBrowser, openPage, readLuma, receiverStats } from './support/browser.js';
import { demoPageUrl, instanceId, pageState, playing } from './support/demo-page.js';
import { leftovers, programPids, streamerPid } from './support/processes.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';

/**
 * The main job with the demo program (a 3D game with music): through the demo page, the demo backend and the signed cloud API, in a
 * real Chromium. On the embedded database, or on PostgreSQL with CLOUDSTAGE_TEST_DATABASE_URL.
 */

let product: Product;
let browser: Browser;

beforeAll(async () => {
  product = await startProduct({ withoutDatabase: true, env: { CLOUDSTAGE_NODE_AV1: 'auto' } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await disposeProduct(product);
});

const demoPage = (userId: string) => demoPageUrl(product, userId);

describe('a user of the demo page', () => {
  let page: Page;

  it('sees a moving picture', async () => {
    page = await openPage(browser, demoPage('ann'));
    await playing(page);
    // On a slow machine the menu is there already, in which only snow falls.
    const first = await readLuma(page, 64, 36);
    await until('the picture to move', async () => difference(first, await readLuma(page, 64, 36)) > 0.05);
    const decoded = (await receiverStats(page)).framesDecoded;
    await until('frames to go on', async () => (await receiverStats(page)).framesDecoded > decoded + 60);
  });

  it('hears sound that is not silence', async () => {
    const before = await receiverStats(page);
    await until('audible energy', async () => (await receiverStats(page)).audioEnergy > before.audioEnergy + 1e-4);
  });

  it('sees the program react to the keyboard', async () => {
    // Not `locator.click`: the program hides its cursor, so the SDK locks the pointer, which Playwright takes for an overlay.
    await page.mouse.click(640, 500);
    const before = await readLuma(page, 64, 36);
    const pids = await programPids(product);
    await page.keyboard.press('Enter');
    await until('another screen of the program', async () => difference(before, await readLuma(page, 64, 36)) > 3);
    expect(await programPids(product)).toEqual(pids);
  });

  it('is accounted for, leg by leg, where operators look', async () => {
    const id = await instanceId(page);
    const sources = ['Capture', 'Convert', 'Encode', 'Pace', 'Network'];
    const clients = ['JitterBuffer', 'Decode', 'Present', 'Receive', 'CaptureToPresent', 'InputToPhoton'];
    const names = [...sources, ...clients].sort();
    await until('every leg in the description of the session', async () => {
      await page.keyboard.press('ArrowUp');
      const { Live } = await product.cli<{ Live: { Peers: { Latency: object }[] } | null }>('sessions', 'show', id);
      const legs = Object.keys(Live?.Peers[0]?.Latency ?? {});
      return legs.sort().join() === names.join();
    });
    await until('every leg in the metrics', async () => {
      const text = await (await fetch(new URL('/metrics', product.apiUrl))).text();
      const counts = [
        ...text.matchAll(/^cloudstage_stream_latency_seconds_count\{node="[^"]+",leg="(\w+)"\} (\d+)$/gm),
      ];
      return counts.length === names.length && counts.every(([, , count]) => Number(count) > 0);
    });
  });

  it('finds the same program instance after a reload', async () => {
    const instance = await instanceId(page);
    const pids = await programPids(product);
    await page.reload();
    await playing(page);
    expect(await instanceId(page)).toBe(instance);
    expect(await programPids(product)).toEqual(pids);
  });

  it('is back when the streamer is killed, with the program still running', async () => {
    const pids = await programPids(product);
    const instance = await instanceId(page);
    const old = await streamerPid(product, instance);
    const before = await connectionCount(page);
    process.kill(old, 'SIGKILL');
    // By what stays: how the page looks meanwhile may be over before anybody sees it.
    await until('another connection', async () => (await connectionCount(page)) > before);
    await until('the page to play again', async () => (await pageState(page)) === 'playing');
    const decoded = (await receiverStats(page)).framesDecoded;
    await until('frames to go on', async () => (await receiverStats(page)).framesDecoded > decoded + 5);
    expect(await programPids(product)).toEqual(pids);
    expect(await instanceId(page)).toBe(instance);
    expect(await streamerPid(product, instance)).not.toBe(old);
  });

  it('loses the picture to a second device with the same UserId', async () => {
    const instance = await instanceId(page);
    const second = await openPage(browser, demoPage('ann'));
    await playing(second);
    expect(await instanceId(second)).toBe(instance);
    await until('the first page to end', async () => (await pageState(page)) === 'ended');
    expect(await pageState(second)).toBe('playing');
    await page.context().close();
    page = second;
  });

  it('gets NoIdle when the slots are used up, and queues', async () => {
    const other = await openPage(browser, demoPage('bob'));
    await playing(other);
    await expect(
      product.cloudApi().applyConcurrent({ UserId: 'carol', UserIp: '127.0.0.1', ProjectId: product.demo.ProjectId }),
    ).rejects.toMatchObject({ code: 'ResourceNotFound.NoIdle' });
    const third = await openPage(browser, demoPage('carol'));
    await until('the third user to queue', async () => (await pageState(third)) === 'queueing');
    await product.cloudApi().destroySession({ UserId: 'bob' });
    await playing(third);
    await third.context().close();
    await other.context().close();
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

  it('leaves nothing behind after Ctrl-C', async () => {
    const before = await leftovers(product);
    expect(before.processes.length).toBeGreaterThan(0);
    expect(await product.stop()).toBe(0);
    await until('everything to be gone', async () => {
      const now = await leftovers(product);
      return (
        now.processes.length + now.mounts.length + now.sockets.length === 0 ||
        Promise.reject(new Error(JSON.stringify(now)))
      );
    });
  });
});
