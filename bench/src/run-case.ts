import { type Browser, chromium, type Page } from 'playwright-core';
import type { BenchOptions, BenchRun } from './cases.js';
import { createCpuMeter, readProduct } from './cpu.js';
import { benchLimits } from './limits.js';
import { callNode } from './node-link.js';
import { percentilesOf } from './percentiles.js';
import type { Product } from './product.js';
import type { CaseResult } from './report.js';
import { addProject, createSession, endSession } from './sessions.js';
import { readLegs } from './stream-legs.js';
import { joinViewers } from './viewers/viewers.js';

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
    // The bench closes it itself on signals; Playwright would end the process before the product has ended.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
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

async function measurePage(page: Page, { product }: CaseContext, run: BenchRun, options: BenchOptions) {
  const { settings, content } = run;
  const isIdle = content === 'idle';
  await page.mouse.move(settings.width / 2, settings.height / 2);
  // A screen at rest shows nothing new to wait for, but takes a while to come to rest.
  if (isIdle || content === 'desktop') await page.waitForTimeout(benchLimits.idleRestMs);
  else await page.evaluate((deadlineMs) => window.bench.waitForStamp(deadlineMs), benchLimits.firstStampMs);
  await page.waitForTimeout(benchLimits.warmUpMs);
  const sentBytes = async () =>
    (await callNode<MuxDescription>(product.runDir, 'mux.sock', 'mux.describe')).stats.bytesOut;
  const before = await sentBytes();
  const meter = createCpuMeter(product.pid, product.directories);
  const { clickLostMs, clickPauseMs } = benchLimits;
  const clicks = isIdle ? 0 : options.clicks;
  const measured = await page.evaluate((how) => window.bench.measure(how), {
    ...{ seconds: options.seconds, clicks, clickLostMs, clickPauseMs },
  });
  const cpuByRole = meter.coresByRole();
  const ownBytes = readProduct(product.pid, product.directories).reduce((sum, process) => sum + process.ownBytes, 0);
  return {
    measured,
    cpuByRole,
    memoryBytes: ownBytes,
    sentBps: (((await sentBytes()) - before) * 8) / measured.seconds,
  };
}

interface MuxDescription {
  readonly stats: { readonly bytesOut: number };
}

async function measureSession(page: Page, context: CaseContext, run: BenchRun, options: BenchOptions, userId: string) {
  const { product, siteUrl, applicationId } = context;
  const projectId = await addProject(product, applicationId, run.settings);
  await page.goto(siteUrl);
  const clientSession = await page.evaluate((transport) => window.bench.prepare(transport), options.transport);
  const parameters = `--fps ${run.settings.fps} --content ${run.content}`;
  const serverSession = await createSession(product, projectId, userId, clientSession, parameters);
  const firstFrameMs = await page.evaluate(([session, deadlineMs]) => window.bench.start(session, deadlineMs), [
    serverSession,
    benchLimits.firstFrameMs,
  ] as const);
  const viewers = run.viewers > 0 ? await joinViewers(product, userId, run.viewers) : null;
  try {
    const result = await measurePage(page, context, run, options);
    return { ...result, firstFrameMs, legs: await readLegs(product) };
  } finally {
    await viewers?.close();
  }
}

/** Plays one case and measures it. @throws AppError or the page's error that says what did not happen in time. */
export async function runCase(context: CaseContext, run: BenchRun, options: BenchOptions): Promise<CaseResult> {
  const { settings, content, viewers } = run;
  const userId = `bench-${settings.name}`;
  const page = await context.browser.newPage({ viewport: { width: settings.width, height: settings.height } });
  try {
    const { measured, ...others } = await measureSession(page, context, run, options, userId);
    const drawToPresentMs = percentilesOf(measured.drawToPresentMs);
    const captureTimeFromPicture = measured.captureToPresentMs.length === 0;
    const cpuCores = Object.values(others.cpuByRole).reduce((sum, cores) => sum + cores, 0);
    const { lostClicks, presentedFps, seconds, freezes, longestGapMs, videoBps, jitterBufferMs, decodeMs } = measured;
    return {
      ...{ name: settings.name, content, viewers, cpuCores, ...others },
      captureToPresentMs: captureTimeFromPicture ? drawToPresentMs : percentilesOf(measured.captureToPresentMs),
      clickToPhotonMs: percentilesOf(measured.clicks.map(({ toPhoton }) => toPhoton)),
      clickParts: {
        'to program': percentilesOf(measured.clicks.map(({ toProgram }) => toProgram)),
        'to drawing': percentilesOf(measured.clicks.map(({ toDrawing }) => toDrawing)),
        'to capture': percentilesOf(measured.clicks.flatMap(({ toCapture }) => toCapture ?? [])),
      },
      ...{
        drawToPresentMs,
        captureTimeFromPicture,
        lostClicks,
        presentedFps,
        seconds,
        freezes,
        longestGapMs,
        videoBps,
      },
      ...{ jitterBufferMs, decodeMs },
    };
  } finally {
    await page.close();
    await endSession(context.product, userId);
  }
}
