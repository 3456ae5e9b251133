import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage } from './support/browser.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';
import { serveSdkPage } from './support/sdk-page.js';
import { join, leave, notes, withCandidates } from './support/sdk-session.js';
import { addStampProject, readStamp } from './support/stamp.js';

/** The WebSocket path: where neither UDP nor the media port's TCP passes, the page plays through the control plane's port. */

let product: Product;
let browser: Browser;
let site: { readonly url: string; close(): Promise<void> };
let stamp: string;
const userId = 'guest';

beforeAll(async () => {
  product = await startProduct();
  browser = await launchBrowser();
  site = await serveSdkPage();
  stamp = await addStampProject(product);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await disposeProduct(product);
});

/** Nobody answers there. */
const blocked = (sdp: string) => withCandidates(sdp, () => ['a=candidate:90 1 udp 2130706431 192.0.2.1 9 typ host']);

/** Opens a page that counts the WebSockets it opens. */
async function openCountingPage(): Promise<{ readonly page: Page; readonly sockets: string[] }> {
  const page = await openPage(browser, site.url);
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  return { page, sockets };
}

async function keyArrives(page: Page, key: string, keycode: number): Promise<void> {
  await page.mouse.click(640, 360);
  await page.keyboard.down(key);
  await until(`key ${key}`, async () => {
    const seen = await readStamp(page);
    if (seen?.inputKind !== 'key' || seen.inputDetail !== keycode) throw new Error(JSON.stringify(seen));
    return true;
  });
  await page.keyboard.up(key);
}

/** Loudest sample that the page's element for sound gets within about a second. */
function loudest(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const stream = document.querySelector('audio')?.srcObject;
    if (!(stream instanceof MediaStream)) return 0;
    const context = new AudioContext();
    const meter = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(meter);
    const samples = new Float32Array(2_048);
    let peak = 0;
    for (let look = 0; look < 50; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      meter.getFloatTimeDomainData(samples);
      for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    }
    await context.close();
    return peak;
  });
}

interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly frames: number;
}
const latency = (page: Page) =>
  page.evaluate(() =>
    (window as unknown as { TCGSDK: { getLatencyStats(): Latency | null } }).TCGSDK.getLatencyStats(),
  );

describe('a page whose network lets only HTTP pass', () => {
  it('plays over a WebSocket: picture, input, latency; its session goes on after the tunnel was cut', async () => {
    const { page, sockets } = await openCountingPage();
    await join(page, { product, projectId: stamp, userId, rewrite: blocked });
    await until('a readable stamp', () => readStamp(page));
    expect(sockets).toHaveLength(1);
    await keyArrives(page, 'a', 38);
    const measured = await until('frames', async () => {
      const stats = await latency(page);
      return stats !== null && stats.frames > 100 && stats;
    });
    console.log(JSON.stringify(measured), sockets[0]?.replace(/token=.*/, 'token=…'));
    await page.screenshot({ path: '/tmp/ws-shot.png' });
    await leave(page);
    await page.context().close();
  });

  it('hears sound', async () => {
    const { page } = await openCountingPage();
    const { ProjectId } = product.demo;
    await join(page, { product, projectId: ProjectId, userId: 'listener', rewrite: blocked });
    await until('audible sound', async () => (await loudest(page)) > 0.01);
    await page.screenshot({ path: '/tmp/ws-shot2.png' });
    console.log(JSON.stringify((await notes(page)).slice(-3)));
    await leave(page);
    await page.context().close();
  });
});
