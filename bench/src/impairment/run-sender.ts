import { AppError } from '@cloudstage/protocol';
import type { Browser, Page } from 'playwright-core';
import { benchLimits } from '../limits.js';
import type { Watched } from '../page/impairment-contract.js';
import type { Product } from '../product.js';
import { createSession, endSession } from '../sessions.js';
import { readLegs } from '../stream-legs.js';
import { analyse, type RunFacts } from './analysis.js';
import { udpCandidateOf, withOnlyCandidate, withRelay } from './candidates.js';
import type { ImpairmentCase, ImpairmentOptions, Sender } from './cases.js';
import { baseDelayMs } from './goals.js';
import type { RelayStats } from './relay.js';
import { type RelayProcess, startRelay } from './relay-process.js';
import type { SenderRun } from './report.js';

/** What all runs share. */
export interface RunContext {
  readonly product: Product;
  readonly projectId: string;
  readonly receiver: Browser;
  /** A browser of its own sends the baseline, so that the receiver's work does not hold it up. */
  readonly launchSender: () => Promise<Browser>;
  readonly siteUrl: string;
  /** Also the highest bitrate of Chromium's sender. */
  readonly maxBitrateBps: number;
}

/** State of the path at one moment. */
export interface PathSample {
  readonly atMs: number;
  readonly stats: RelayStats;
}

/** What a run gives: the result, and the series for charts. */
export interface Run {
  readonly run: SenderRun;
  readonly watched: Watched;
  readonly path: readonly PathSample[];
}

/** A running transmission. */
interface Connected {
  readonly relay: RelayProcess;
  /** What the sender says of itself. */
  describe(): Promise<string>;
  /** Median time that a picture takes until it is encoded; null where the sender does not tell. */
  encodedAfterMs(): Promise<number | null>;
  end(): Promise<void>;
}

const userId = 'bench-impairment';
/** How often rate and path are noted, and pictures compared. */
const intervals = { sampleMs: 100, qualityMs: 500 } as const;

const wallMs = () => performance.timeOrigin + performance.now();
const sleepUntil = (atMs: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, atMs - wallMs())));

function relayTo(
  target: { readonly address: string; readonly port: number },
  settings: ImpairmentCase,
  options: ImpairmentOptions,
): Promise<RelayProcess> {
  const { down, up } = settings;
  return startRelay({ target, down, up, seed: options.seed });
}

async function connectProduct(
  context: RunContext,
  page: Page,
  settings: ImpairmentCase,
  options: ImpairmentOptions,
  isFixed: boolean,
): Promise<Connected> {
  const { product, projectId } = context;
  const relay = await relayTo({ address: '127.0.0.1', port: product.mediaPort }, settings, options);
  try {
    const clientSession = await page.evaluate(
      (fixedMbps) => window.impairment.prepare(fixedMbps),
      isFixed ? settings.fixedMbps : null,
    );
    const parameters = `--fps ${options.fps} --content motion`;
    const session = await createSession(product, projectId, userId, clientSession, parameters);
    await page.evaluate(([text, width, deadlineMs]) => window.impairment.start(text, width, deadlineMs), [
      withRelay(session, relay.port),
      options.width,
      benchLimits.firstFrameMs + benchLimits.firstStampMs,
    ] as const);
  } catch (error) {
    await relay.close();
    throw error;
  }
  return {
    relay,
    describe: async () => '',
    encodedAfterMs: async () => {
      const { capture, convert, encode } = await readLegs(product);
      return (capture?.p50 ?? 0) + (convert?.p50 ?? 0) + (encode?.p50 ?? 0);
    },
    end: async () => {
      await endSession(product, userId);
      await relay.close();
    },
  };
}

async function connectChromium(
  context: RunContext,
  page: Page,
  settings: ImpairmentCase,
  options: ImpairmentOptions,
): Promise<Connected> {
  const browser = await context.launchSender();
  try {
    const sender = await browser.newPage();
    await sender.goto(new URL('/sender', context.siteUrl).href);
    const offer = await page.evaluate(() => window.impairment.offer());
    const { width, height, fps } = options;
    const answer = await sender.evaluate(([text, how]) => window.sender.answer(text, how), [
      withOnlyCandidate(offer, null),
      { width, height, fps, maxBitrateBps: context.maxBitrateBps },
    ] as const);
    const relay = await relayTo(udpCandidateOf(answer), settings, options);
    await page.evaluate(([sdp, pictureWidth, deadlineMs]) => window.impairment.answer(sdp, pictureWidth, deadlineMs), [
      withOnlyCandidate(answer, relay.port),
      width,
      benchLimits.firstFrameMs,
    ] as const);
    return {
      relay,
      describe: () => sender.evaluate(() => window.sender.describe()),
      encodedAfterMs: () => Promise.resolve(null),
      end: async () => {
        await browser.close();
        await relay.close();
      },
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** Changes the path when it is time, and notes how it is, until `endMs`. */
async function followPath(
  relay: RelayProcess,
  settings: ImpairmentCase,
  startMs: number,
  endMs: number,
): Promise<PathSample[]> {
  const samples: PathSample[] = [];
  const changes = [...settings.changes];
  while (wallMs() < endMs) {
    const next = changes[0];
    if (next && wallMs() >= startMs + next.atSeconds * 1_000) {
      changes.shift();
      await relay.update('down', next.down);
    }
    samples.push({ atMs: wallMs(), stats: await relay.stats() });
    await sleepUntil(wallMs() + intervals.sampleMs);
  }
  return samples;
}

/** Half a minute may hold a change; without one there is nothing to converge to. */
function factsOf(settings: ImpairmentCase, options: ImpairmentOptions): Omit<RunFacts, 'encodedAfterMs'> {
  const [slower, faster] = settings.changes;
  return {
    warmUpSeconds: options.warmUpSeconds,
    seconds: Math.max(options.seconds, settings.minSeconds),
    baseDelayMs: baseDelayMs(settings),
    slowerAtSeconds: slower?.atSeconds ?? null,
    fasterAtSeconds: faster?.atSeconds ?? null,
  };
}

/** Plays one path with one sender. @throws AppError `path-not-used` when media took another way than the relay. */
export async function runSender(
  context: RunContext,
  settings: ImpairmentCase,
  sender: Sender,
  options: ImpairmentOptions,
): Promise<Run> {
  const { width, height } = options;
  const page = await context.receiver.newPage({ viewport: { width, height } });
  let connected: Connected | null = null;
  try {
    await page.goto(new URL('/impairment', context.siteUrl).href);
    connected =
      sender === 'chromium'
        ? await connectChromium(context, page, settings, options)
        : await connectProduct(context, page, settings, options, sender === 'fixed');
    const facts = factsOf(settings, options);
    const seconds = facts.warmUpSeconds + facts.seconds;
    const startMs = wallMs() + facts.warmUpSeconds * 1_000;
    const [watched, path] = await Promise.all([
      page.evaluate((how) => window.impairment.watch(how), {
        ...{ seconds, ...intervals, width, height },
        timestampsAreWallClock: sender !== 'chromium',
      }),
      followPath(connected.relay, settings, startMs, startMs + facts.seconds * 1_000),
    ]);
    const { down, lateMsP99 } = await connected.relay.stats();
    const [note, encodedAfterMs] = [await connected.describe(), await connected.encodedAfterMs()];
    if (watched.remotePort !== connected.relay.port) {
      throw new AppError('path-not-used', `media went to port ${watched.remotePort}, not to the relay`);
    }
    const lostShare = down.packets > 0 ? (down.dropped + down.lost) / down.packets : 0;
    const result = analyse(watched, { ...facts, encodedAfterMs });
    const { codec, presentedWidth, presentedHeight } = watched;
    const picture = `${presentedWidth}×${presentedHeight}`;
    return { run: { sender, result, codec, picture, note, relayLateMsP99: lateMsP99, lostShare }, watched, path };
  } finally {
    await page.close();
    await connected?.end();
  }
}
