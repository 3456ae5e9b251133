import type { Page } from 'playwright-core';
import { contrast, readLuma } from './browser.js';
import { type Product, until } from './product.js';

/** The demo page, which begins by itself. */
export function demoPageUrl(product: Product, userId: string): string {
  return `${product.demoUrl}/?userId=${userId}&autostart=1`;
}

/** What the page says that it does. */
export function pageState(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.body.dataset.state);
}

/** Waits until the page plays and shows something. @throws Error with what the page says instead */
export async function playing(page: Page): Promise<void> {
  await until('the page to play', async () => {
    if ((await pageState(page)) === 'playing') return true;
    throw new Error(await page.evaluate(() => document.getElementById('status')?.textContent ?? 'nothing'));
  });
  await until('a decoded picture that is not blank', async () => contrast(await readLuma(page, 64, 36)) > 5);
}

/** The program instance that the page is connected to. */
export function instanceId(page: Page): Promise<string> {
  return page.evaluate(() => {
    const sdk = (window as unknown as { TCGSDK: { getServerSession(): unknown } }).TCGSDK.getServerSession();
    const session = (typeof sdk === 'string' ? JSON.parse(atob(sdk)) : sdk) as { instance_id: string };
    return session.instance_id;
  });
}
