import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { AppError } from '@cloudstage/protocol';
import type { Page } from 'playwright-core';
import { atLeast } from '../arguments.js';
import { runBench } from '../bench-main.js';
import { readProduct } from '../cpu.js';
import { withRelay } from '../impairment/candidates.js';
import { type RelayProcess, startRelay } from '../impairment/relay-process.js';
import { benchLimits } from '../limits.js';
import { callNode } from '../node-link.js';
import { percentilesOf } from '../percentiles.js';
import type { Product } from '../product.js';
import { launchBrowser } from '../run-case.js';
import { addProject, createSession, endSession } from '../sessions.js';
import { openStampProduct } from '../stamp-product.js';
import { judgeCount, judgeDelay, judgeMemory, type Point, type Track, type Verdict } from './bounds.js';
import { phaseOf } from './phases.js';

const [width, height, fps] = [1_280, 720, 30];
const userId = 'bench-soak';
const wallMs = () => performance.timeOrigin + performance.now();

/** Points by name. */
function createTracks() {
  const tracks = new Map<string, Point[]>();
  return {
    add: (name: string, seconds: number, value: number) => {
      const points = tracks.get(name) ?? [];
      tracks.set(name, points);
      points.push([seconds, value]);
    },
    all: (): readonly Track[] => [...tracks].map(([name, points]) => ({ name, points })),
  };
}
type Tracks = ReturnType<typeof createTracks>;

/** Mappings of shared memory of the product's processes: pictures travel in them. */
function countSharedMappings(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      return sum + (readFileSync(`/proc/${pid}/maps`, 'latin1').match(/\/(dev\/shm|memfd:|SYSV)/g)?.length ?? 0);
    } catch {
      return sum;
    }
  }, 0);
}

/** Notes what processes hold. Those that come and go in a phase are added up by role. */
async function noteResources(tracks: Tracks, product: Product, seconds: number): Promise<void> {
  // The program is the bench's own.
  const processes = readProduct(product.pid, product.directories).filter(({ role }) => role !== 'program');
  for (const role of new Set(processes.map((one) => one.role))) {
    const all = processes.filter((one) => one.role === role);
    const sum = (key: 'residentBytes' | 'descriptors' | 'threads') => all.reduce((total, one) => total + one[key], 0);
    tracks.add(`memory of ${role}`, seconds, sum('residentBytes'));
    tracks.add(`descriptors of ${role}`, seconds, sum('descriptors'));
    tracks.add(`threads of ${role}`, seconds, sum('threads'));
  }
  tracks.add('shared memory mappings', seconds, countSharedMappings(processes.map(({ pid }) => pid)));
  tracks.add('files in /dev/shm', seconds, readdirSync('/dev/shm').length);
  const { stats } = await callNode<{ stats: { udpFlows: number; tcpFlows: number; routes: number } }>(
    ...([product.runDir, 'mux.sock', 'mux.describe'] as const),
  );
  tracks.add('flows and routes of the port mux', seconds, stats.udpFlows + stats.tcpFlows + stats.routes);
}

async function connect(page: Page, product: Product, projectId: string, siteUrl: string): Promise<RelayProcess> {
  await page.goto(new URL('/impairment', siteUrl).href);
  const target = { address: '127.0.0.1', port: product.mediaPort };
  const up = { delayUs: 10_000 };
  const relay = await startRelay({ target, down: phaseOf(0).down, up, seed: 1 });
  const clientSession = await page.evaluate(() => window.impairment.prepare(null));
  const session = await createSession(product, projectId, userId, clientSession, `--fps ${fps} --content motion`);
  await page.evaluate(([text, pictureWidth, deadlineMs]) => window.impairment.start(text, pictureWidth, deadlineMs), [
    withRelay(session, relay.port),
    width,
    benchLimits.firstFrameMs + benchLimits.firstStampMs,
  ] as const);
  return relay;
}

/** Plays phase after phase until the time is over. */
async function playPhases(page: Page, relay: RelayProcess, product: Product, minutes: number, phaseSeconds: number) {
  const tracks = createTracks();
  const startMs = wallMs();
  const seconds = () => (wallMs() - startMs) / 1_000;
  let freezes = 0;
  for (let index = 0; seconds() < minutes * 60; index += 1) {
    const phase = phaseOf(index);
    await relay.update('down', phase.down);
    const watched = await page.evaluate((how) => window.impairment.watch(how), {
      ...{ seconds: phaseSeconds, sampleMs: 1_000, qualityMs: 1e9, width, height, timestampsAreWallClock: true },
    });
    if (watched.frames.length === 0) throw new AppError('stream-stopped', `no picture came in phase ${phase.name}`);
    // The first third belongs to the change of the path.
    const settledMs = watched.startedAtMs + (phaseSeconds * 1_000) / 3;
    const frames = watched.frames.filter(({ presentedAtMs }) => presentedAtMs >= settledMs);
    const delay = percentilesOf(frames.flatMap(({ captureDelayMs }) => captureDelayMs ?? []));
    const gaps = frames.slice(1).map((frame, at) => frame.presentedAtMs - (frames[at]?.presentedAtMs ?? 0));
    freezes += gaps.filter((gap) => gap > 200).length;
    if (phase.clean && delay.p50 !== null) tracks.add('delay on a clean path', seconds(), delay.p50);
    await noteResources(tracks, product, seconds());
    const [first, last] = [watched.samples[0], watched.samples.at(-1)];
    const mbps = first && last ? ((last.bytes - first.bytes) * 8) / 1_000 / Math.max(1, last.atMs - first.atMs) : 0;
    const text = `${seconds().toFixed(0)} s  ${phase.name}  delay ${delay.p50?.toFixed(1)} ${delay.p95?.toFixed(1)} ms`;
    process.stdout.write(
      `${text}  ${mbps.toFixed(2)} Mbit/s  freezes so far ${freezes}  load ${loadavg()[0]?.toFixed(1)}\n`,
    );
  }
  return tracks.all();
}

function judge(tracks: readonly Track[]): readonly Verdict[] {
  return tracks.map((track) => {
    if (track.name.startsWith('memory')) return judgeMemory(track);
    return track.name.startsWith('delay') ? judgeDelay(track) : judgeCount(track);
  });
}

/**
 * `npm run bench:soak -- --minutes 30`: plays over a path that changes all the time, and ends with 1 when delay, memory or anything counted
 * has grown. `[--minutes 30] [--phase-seconds 15] [--verbose]`
 * @see docs/performance.md
 */
async function run(args: readonly string[], cleanups: (() => Promise<unknown>)[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '30' },
      'phase-seconds': { type: 'string', default: '15' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const minutes = atLeast('minutes', values.minutes, 1);
  const phaseSeconds = atLeast('phase-seconds', values['phase-seconds'], 3);
  const { product, site, applicationId } = await openStampProduct(cleanups, values.verbose);
  const projectId = await addProject(product, applicationId, { name: 'soak', width, height, fps, maxBitrateMbps: 12 });
  const browser = await launchBrowser();
  cleanups.push(() => browser.close());
  const page = await browser.newPage({ viewport: { width, height } });
  const relay = await connect(page, product, projectId, site.url);
  cleanups.push(() => relay.close());
  const tracks = await playPhases(page, relay, product, minutes, phaseSeconds);
  await page.close();
  await endSession(product, userId);
  const verdicts = judge(tracks);
  for (const { name, text, ok } of verdicts) process.stdout.write(`- ${ok ? 'ok' : 'BROKEN'}: ${name}: ${text}\n`);
  if (verdicts.some(({ ok }) => !ok)) process.exitCode = 1;
}

runBench('bench:soak', run);
