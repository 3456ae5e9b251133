import { createCloudApiClient } from '@cloudstage/cloud-api';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { BenchCase, BenchOptions } from './cases.js';
import { createCpuMeter } from './cpu.js';
import { benchLimits } from './limits.js';
import { stampPackage } from './pack-stamp.js';
import { percentilesOf } from './percentiles.js';
import { eventually, type Product } from './product.js';
import type { CaseResult } from './report.js';

/** What every case shares. */
export interface CaseContext {
  readonly product: Product;
  readonly browser: Browser;
  readonly siteUrl: string;
  /** The registered stamp program. */
  readonly applicationId: string;
}

/** Debian's Chromium without a GPU, with a profile of its own that is discarded. */
export function launchBrowser(): Promise<Browser> {
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
    ],
  });
}

/** Registers the program from its archive. @returns its ApplicationId. */
export async function registerStamp(product: Pick<Product, 'cli'>, archivePath: string): Promise<string> {
  const answer = await product.cli<{ readonly ApplicationId: string }>(
    ...['app', 'add', '--name', 'stamp', '--archive', archivePath],
    ...['--entry', stampPackage.entryPath, '--args', stampPackage.args],
  );
  return answer.ApplicationId;
}

async function addProject(product: Product, applicationId: string, settings: BenchCase): Promise<string> {
  const { name, width, height, fps, maxBitrateMbps } = settings;
  const answer = await product.cli<{ readonly ProjectId: string }>(
    ...['project', 'add', '--name', name, '--application', applicationId, '--resolution', `${width}x${height}`],
    ...['--fps', String(fps), '--max-bitrate-mbps', String(maxBitrateMbps)],
  );
  return answer.ProjectId;
}

/** Locks a slot and creates the session, as a business backend does; a slot that is being prepared is waited for. */
function createSession(
  product: Product,
  projectId: string,
  userId: string,
  clientSession: string,
  parameters: string,
): Promise<string> {
  const { SecretId: secretId, SecretKey: secretKey } = product.accessKey;
  const api = createCloudApiClient({ endpoint: product.apiUrl, secretId, secretKey });
  return eventually('a session', benchLimits.slotFreeMs, async () => {
    const user = { UserId: userId, UserIp: '127.0.0.1' };
    await api.applyConcurrent({ ...user, ProjectId: projectId });
    const answer = await api.createSession({
      ...user,
      ClientSession: clientSession,
      ApplicationParameters: parameters,
    });
    return answer.ServerSession;
  });
}

async function endSession(product: Product, userId: string): Promise<void> {
  const { SecretId: secretId, SecretKey: secretKey } = product.accessKey;
  await createCloudApiClient({ endpoint: product.apiUrl, secretId, secretKey }).destroySession({ UserId: userId });
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
