import { type Browser, chromium, type Page } from 'playwright-core';
import type { BenchCase, BenchOptions } from './cases.js';
import { createCpuMeter } from './cpu.js';
import { benchLimits } from './limits.js';
import { percentilesOf } from './percentiles.js';
import type { Product } from './product.js';
import type { CaseResult } from './report.js';
import { addProject, createSession, endSession } from './sessions.js';

/** What every case shares. */
export interface CaseContext {
  readonly product: Product;
  readonly browser: Browser;
  readonly siteUrl: string;
  /** The registered stamp program. */
  readonly applicationId: string;
}

/** Debian's Chromium without a GPU, with a profile of its own that is discarded. */
export function launchBrowser(moreArgs: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      ...moreArgs,
    ],
  });
}

async function measurePage(page: Page, product: Product, settings: BenchCase, options: BenchOptions) {
  await page.mouse.move(settings.width / 2, settings.height / 2);
  await page.evaluate((deadlineMs) => window.bench.waitForStamp(deadlineMs), benchLimits.firstStampMs);
  await page.waitForTimeout(benchLimits.warmUpMs);
  const meter = createCpuMeter(product.pid, product.directories);
  const { seconds, clicks } = options;
  const { clickLostMs, clickPauseMs } = benchLimits;
  const measured = await page.evaluate((how) => window.bench.measure(how), {
    seconds,
    clicks,
    clickLostMs,
    clickPauseMs,
  });
  return { measured, cpuCores: meter.cores() };
}

/** Plays one case and measures it. @throws AppError or the page's error that says what did not happen in time. */
export async function runCase(context: CaseContext, settings: BenchCase, options: BenchOptions): Promise<CaseResult> {
  const { product, browser, siteUrl, applicationId } = context;
  const projectId = await addProject(product, applicationId, settings);
  const userId = `bench-${settings.name}`;
  const page = await browser.newPage({ viewport: { width: settings.width, height: settings.height } });
  try {
    await page.goto(siteUrl);
    const clientSession = await page.evaluate(() => window.bench.prepare());
    const parameters = `--fps ${settings.fps} --content ${options.content}`;
    const serverSession = await createSession(product, projectId, userId, clientSession, parameters);
    const firstFrameMs = await page.evaluate(([session, deadlineMs]) => window.bench.start(session, deadlineMs), [
      serverSession,
      benchLimits.firstFrameMs,
    ] as const);
    const { measured, cpuCores } = await measurePage(page, product, settings, options);
    const drawToPresentMs = percentilesOf(measured.drawToPresentMs);
    const captureTimeFromPicture = measured.captureToPresentMs.length === 0;
    return {
      name: settings.name,
      captureToPresentMs: captureTimeFromPicture ? drawToPresentMs : percentilesOf(measured.captureToPresentMs),
      clickToPhotonMs: percentilesOf(measured.clickToPhotonMs),
      lostClicks: measured.lostClicks,
      presentedFps: measured.presentedFps,
      cpuCores,
      firstFrameMs,
      drawToPresentMs,
      seconds: measured.seconds,
      captureTimeFromPicture,
    };
  } finally {
    await page.close();
    await endSession(product, userId);
  }
}
