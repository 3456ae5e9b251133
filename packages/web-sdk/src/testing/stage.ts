import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { servePage, type TestSite } from './peer-server.js';

/** Where tests of the SDK play: the real bundle on a page, and a real browser. */
export interface TestStage {
  readonly browser: Browser;
  readonly site: TestSite;
  close(): Promise<void>;
}

/** Bundles the SDK anew, serves a page with it, and starts a browser whose microphone beeps. */
export async function openStage(): Promise<TestStage> {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../bundle.mjs', import.meta.url))]);
  const site = await servePage();
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
      '--use-fake-device-for-media-stream',
    ],
  });
  return {
    browser,
    site,
    close: async () => {
      await browser.close();
      await site.close();
    },
  };
}
