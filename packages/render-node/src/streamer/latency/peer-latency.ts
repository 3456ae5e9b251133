import {
  createLatencyHistogram,
  type HeartbeatReply,
  type HeartbeatRequest,
  type LatencyCounts,
  type LatencyLeg,
  type LatencyRepair,
  type LatencyReport,
  type LatencyTotals,
} from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { createOneWayDelay } from '../rtp/one-way-delay.js';
import type { PlayoutDelay } from '../rtp/rtp-packet.js';
import type { SenderObserver } from '../rtp/sender-observer.js';
import { createLatencyAccount } from './account.js';
import { latencyLimits } from './limits.js';
import { initialPlayoutState, playoutDelayOf, stepPlayout } from './playout-policy.js';
import { initialWatchdogState, type Repair, stepWatchdog, type WatchdogEvent } from './watchdog.js';

/** Fields of a heartbeat reply that are about latency. */
export type HeartbeatExtras = Pick<HeartbeatReply, 'latency' | 'wish'>;

/** What {@link createPeerLatency} needs of its peer. */
export interface PeerLatencyDeps {
  /** Server wall clock, microseconds. */
  readonly nowUs: () => number;
  readonly logger: Logger;
  readonly onKeyFrameNeeded: () => void;
  /** {@link PeerLatency.bitrateShare} has changed. */
  readonly onTargetChanged: () => void;
  /** What was measured of the pictures before they came to this peer. */
  readonly sourceReport: () => LatencyReport;
}

/** The latency account of one peer, and what acts on it: playout delay and watchdog. */
export interface PeerLatency {
  /** Told by whatever carries the media. */
  readonly observer: SenderObserver;
  /** What the next picture tells the receiver. */
  playoutDelay(): PlayoutDelay;
  /** Share of the path's bitrate to be used; below 1 while a queue is emptied. */
  bitrateShare(): number;
  /** Takes in what the client has measured; returns what its reply says besides. */
  onHeartbeat(request: HeartbeatRequest): HeartbeatExtras;
  /** Call about every second. */
  tick(): void;
  report(): LatencyReport;
  /** Everything since the last call. */
  takeTotals(): LatencyTotals;
}

/** What a queue is emptied with, and for how long. */
const drain = { share: 0.7, ms: 8_000 } as const;

/** Mean of the numbers since it was last taken. */
function createMean() {
  let sum = 0;
  let count = 0;
  return {
    add: (value: number) => {
      sum += value;
      count++;
    },
    take: () => {
      const mean = count === 0 ? undefined : sum / count;
      sum = 0;
      count = 0;
      return mean;
    },
  };
}

function medianOf(counts: LatencyCounts | undefined, leg: LatencyLeg): number | undefined {
  const buckets = counts?.[leg];
  if (!buckets) return undefined;
  const histogram = createLatencyHistogram();
  histogram.addCounts(buckets);
  return histogram.percentiles()?.p50;
}

/** Carries out what the watchdog decides. */
function createRepairs(
  { nowUs, logger, onKeyFrameNeeded, onTargetChanged }: PeerLatencyDeps,
  resetPlayout: () => void,
) {
  const counts: { [R in LatencyRepair]?: number } = {};
  let drainUntilMs = Number.NEGATIVE_INFINITY;
  let wish: { readonly id: number; readonly untilMs: number } | undefined;
  const nowMs = () => nowUs() / 1_000;
  const perform: { readonly [R in Repair]: () => void } = {
    'lower-bitrate': () => {
      drainUntilMs = nowMs() + drain.ms;
      onTargetChanged();
    },
    resync: () => {
      resetPlayout();
      onKeyFrameNeeded();
    },
    'restart-playback': () => {
      // Unique also after a reconnect of the same client.
      wish = { id: Math.floor(nowMs()), untilMs: nowMs() + latencyLimits.wishRepeatMs };
    },
  };
  const count = (name: LatencyRepair) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  return {
    on: (event: WatchdogEvent) => {
      if (event.type !== 'repair') {
        count(event.type);
        logger.info({ kind: event.kind }, `latency drift: ${event.type}`);
        return;
      }
      count(event.repair);
      const { kind, repair, fromMs, toMs } = event;
      logger.warn(
        { kind, repair, fromMs: Math.round(fromMs), toMs: Math.round(toMs) },
        'latency creeps up without loss',
      );
      perform[repair]();
    },
    share: () => (nowMs() < drainUntilMs ? drain.share : 1),
    wish: () => (wish && nowMs() < wish.untilMs ? { id: wish.id, type: 'restart_playback' as const } : undefined),
    take: () => {
      const taken = { ...counts };
      for (const name of Object.keys(counts) as LatencyRepair[]) delete counts[name];
      return taken;
    },
  };
}

/** Sending side of the account: pace and network. */
function createObserver(
  account: ReturnType<typeof createLatencyAccount>,
  onPace: (ms: number) => void,
  onReport: SenderObserver['onReport'],
): SenderObserver {
  const delays = createOneWayDelay();
  const onDelay = (ms: number) => account.record('network', ms);
  return {
    onPictureSent: (encodedUs, sentUs) => {
      const ms = (sentUs - encodedUs) / 1_000;
      account.record('pace', ms);
      onPace(ms);
    },
    onPacketSent: delays.onSent,
    onArrivals: (arrivals, nowUs) => delays.onArrivals(arrivals, nowUs, onDelay),
    onReport: (report, nowUs) => {
      if (report.rttMs !== undefined) delays.onRoundTrip(report.rttMs, nowUs);
      onReport(report, nowUs);
    },
  };
}

/** Creates the account of a peer. Nothing to close. */
export function createPeerLatency(deps: PeerLatencyDeps): PeerLatency {
  const nowMs = () => deps.nowUs() / 1_000;
  const account = createLatencyAccount();
  const pace = createMean();
  let playout = initialPlayoutState;
  let watchdog = initialWatchdogState;
  let lost = 0;
  let rotatedMs = nowMs();
  let repliedMs = Number.NEGATIVE_INFINITY;
  const repairs = createRepairs(deps, () => {
    playout = { ...initialPlayoutState, rttMs: playout.rttMs };
  });
  const report = () => ({ ...deps.sourceReport(), ...account.report() });
  return {
    observer: createObserver(account, pace.add, (path, atUs) => {
      lost = path.fractionLost;
      const before = playout.level;
      playout = stepPlayout(playout, path, atUs / 1_000);
      if (playout.level !== before) deps.logger.info({ ...playoutDelayOf(playout) }, 'playout delay');
    }),
    playoutDelay: () => playoutDelayOf(playout),
    bitrateShare: repairs.share,
    onHeartbeat: ({ delay, fps, latency }) => {
      const delayMs = Number(delay);
      // Without pictures a client repeats or zeroes its numbers.
      const receiveMs = delayMs > 0 && Number(fps) > 0 ? delayMs : undefined;
      if (receiveMs !== undefined) account.record('receive', receiveMs);
      if (latency) account.addCounts(latency);
      const captureToPresentMs = medianOf(latency, 'capture_to_present');
      const isPathBad = lost > latencyLimits.lossyShare || playout.level > 0;
      const second = { paceMs: pace.take(), receiveMs, captureToPresentMs, isPathBad };
      const step = stepWatchdog(watchdog, second, nowMs());
      watchdog = step.state;
      if (step.event) repairs.on(step.event);
      if (!latency) return {};
      const wish = repairs.wish();
      const isDue = nowMs() - repliedMs >= latencyLimits.replyIntervalMs;
      if (isDue) repliedMs = nowMs();
      return { ...(isDue ? { latency: report() } : {}), ...(wish ? { wish } : {}) };
    },
    tick: () => {
      if (nowMs() - rotatedMs < latencyLimits.windowMs) return;
      rotatedMs = nowMs();
      account.rotate();
    },
    report,
    takeTotals: () => ({ counts: account.takeCounts(), repairs: repairs.take() }),
  };
}
