import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage } from './support/browser.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';
import { serveSdkPage } from './support/sdk-page.js';
import { join, leave, notes, withCandidates } from './support/sdk-session.js';
import { addStampProject, readStamp } from './support/stamp.js';

/** Pictures smaller than the screen: a stream profile bounds them, and nothing but the sharpness of what is shown may change by it. */

interface Sdk {
  setStreamProfile(profile: Record<string, unknown>, callback: (result: unknown) => void): void;
  getDisplayRect(): { left: number; top: number; width: number; height: number };
}
type SdkWindow = typeof globalThis & { readonly TCGSDK: Sdk };

let product: Product;
let browser: Browser;
let site: { readonly url: string; close(): Promise<void> };
let projectId: string;

beforeAll(async () => {
  product = await startProduct();
  browser = await launchBrowser();
  site = await serveSdkPage();
  projectId = await addStampProject(product);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await disposeProduct(product);
});

const setProfile = (page: Page, profile: Record<string, unknown>) =>
  page.evaluate(
    (wish) =>
      new Promise((resolve) => (window as unknown as SdkWindow).TCGSDK.setStreamProfile(wish, () => resolve(true))),
    profile,
  );
const showsWidth = (page: Page, width: number) =>
  until(`a picture ${width} wide`, () =>
    page.evaluate((wanted) => document.querySelector('video')?.videoWidth === wanted, width),
  );
const displayRect = (page: Page) => page.evaluate(() => (window as unknown as SdkWindow).TCGSDK.getDisplayRect());

/** Clicks, and says where the program was clicked. */
async function clickAt(page: Page, x: number, y: number): Promise<readonly [number, number]> {
  const before = await until('a stamp', () => readStamp(page));
  await page.mouse.click(x, y);
  const after = await until(`the click at ${x},${y}`, async () => {
    const stamp = await readStamp(page);
    return stamp?.inputKind === 'button' && stamp.inputSeq !== before.inputSeq && stamp;
  });
  return [after.pointerX, after.pointerY];
}

const places = [
  [0, 0],
  [1_279, 0],
  [0, 719],
  [1_279, 719],
  [641, 357],
] as const;

async function clickEverywhere(page: Page) {
  const clicked: (readonly [number, number])[] = [];
  for (const [x, y] of places) clicked.push(await clickAt(page, x, y));
  return { clicked, rect: await displayRect(page) };
}

/** Neither UDP nor the TCP of the media port passes. */
const blocked = (sdp: string) => withCandidates(sdp, () => ['a=candidate:90 1 udp 2130706431 192.0.2.1 9 typ host']);

describe.each([
  ['WebRTC', (sdp: string) => sdp, {}],
  ['a WebSocket', blocked, {}],
  ['WebRTC without enlarging', (sdp: string) => sdp, { fullVideoToScreen: false }],
  ['WebRTC with positions in pixels', (sdp: string) => sdp, { enableMousemoveV2: false }],
] as const)('a smaller picture over %s', (_name, rewrite, init) => {
  it('leaves clicks and layout where they were, and the full size comes back', async () => {
    const page = await openPage(browser, site.url);
    await join(page, { product, projectId, userId: 'reader', rewrite, init });
    await showsWidth(page, 1_280);
    const full = await clickEverywhere(page);
    full.clicked.forEach(([x, y], at) => {
      expect(Math.abs(x - (places[at]?.[0] ?? 0))).toBeLessThanOrEqual(1);
      expect(Math.abs(y - (places[at]?.[1] ?? 0))).toBeLessThanOrEqual(1);
    });
    // The first has the H.264 level of the full size, so that a decoder hears of it by the parameter sets alone.
    for (const width of [960, 640]) {
      await setProfile(page, { video_width: width, video_height: 720 });
      await showsWidth(page, width);
      expect(await clickEverywhere(page)).toEqual(full);
    }
    await setProfile(page, { fps: 60 });
    await showsWidth(page, 1_280);
    await until('a stamp', () => readStamp(page));
    expect((await notes(page)).filter(({ name: note }) => /Disconnect|Fail/.test(note))).toEqual([]);
    await leave(page);
    await page.context().close();
  });
});
