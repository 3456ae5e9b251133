import type { HeartbeatRequest, LatencyReport } from '@cloudstage/protocol';
import { buildHeartbeat, type HeartbeatReplyFields } from '../channels/heartbeat.js';
import { clientLimits } from '../limits.js';
import type { StatsEntry } from '../platform.js';
import { createClientLatency, isPress, type MeasuredFrame } from '../stats/client-latency.js';
import { addClockSample, clockOffsetMs, emptyClockEstimate, shortestRttMs } from '../stats/clock-offset.js';
import { readStats, type StatsSample } from '../stats/inbound-stats.js';
import { addLatency, captureToPresentMs, summarizeLatency } from '../stats/latency.js';
import { initialNetworkState, type NetworkThresholds, stepJitter, stepNetwork } from '../stats/network-events.js';
import { buildReports, decodeRates, type MediaStats, type StatsContext, type WebrtcStats } from '../stats/reports.js';

/** Capture→present latency of the last seconds, milliseconds. */
export interface LatencyStats {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Frames that were measured. */
  readonly frames: number;
  /** Server clock minus local clock. */
  readonly clockOffsetMs: number;
}

/** A presented frame; what its transport or the browser does not tell is left out. */
export interface PresentedFrame extends Omit<MeasuredFrame, 'captureToPresentMs'> {
  readonly rtpTimestamp?: number;
}

/** Result of one statistics reading. */
export interface StatsReading {
  readonly webrtc: WebrtcStats;
  readonly media: MediaStats;
  /** RTP arrived since the reading before. */
  readonly mediaArrived: boolean;
  /** Network trouble to report, or null. */
  readonly trouble: number | null;
}

/** Everything that is measured during one connection. */
export class Measurements {
  readonly startedAtMs: number;
  readonly #sentAtMs = new Map<number, number>();
  readonly #account = createClientLatency();
  #context: Omit<StatsContext, 'latency' | 'account'>;
  #serverAccount: LatencyReport | null = null;
  #clock = emptyClockEstimate;
  #latencies: readonly number[] = [];
  #averageRttMs: number | null = null;
  #sample: StatsSample;
  #network = initialNetworkState;
  #thresholds: NetworkThresholds | null = null;
  #latest: { readonly webrtc: WebrtcStats; readonly media: MediaStats };

  constructor(startedAtMs: number, userId: string) {
    this.startedAtMs = startedAtMs;
    this.#context = {
      rttMs: 0,
      cpu: '0',
      gpu: '0',
      loadCostMs: 0,
      firstFrameCostMs: 0,
      inputDelayMs: 0,
      userId,
    };
    this.#sample = readStats([], startedAtMs);
    this.#latest = buildReports(this.#sample, null, { ...this.#context, latency: null, account: null });
  }

  /** Keeps what the start has cost, milliseconds. */
  setCosts(costs: { readonly loadMs?: number; readonly firstFrameMs?: number }): void {
    const { loadCostMs, firstFrameCostMs } = this.#context;
    this.#context = {
      ...this.#context,
      loadCostMs: costs.loadMs ?? loadCostMs,
      firstFrameCostMs: costs.firstFrameMs ?? firstFrameCostMs,
    };
  }

  /** Load of the server, percent as text. */
  setServerLoad(cpu: string | null, gpu: string | null): void {
    this.#context = { ...this.#context, cpu: cpu ?? this.#context.cpu, gpu: gpu ?? this.#context.gpu };
  }

  /** Sets when network trouble is reported; null for never. */
  setThresholds(thresholds: NetworkThresholds | null): void {
    this.#thresholds = thresholds;
  }

  /** The next heartbeat; remembers when it was sent. */
  heartbeat(nowMs: number): HeartbeatRequest {
    const timestamp = Math.round(nowMs);
    this.#sentAtMs.set(timestamp, nowMs);
    for (const key of this.#sentAtMs.keys()) {
      if (this.#sentAtMs.size <= clientLimits.heartbeatsInFlight) break;
      this.#sentAtMs.delete(key);
    }
    return buildHeartbeat(this.#latest.webrtc, timestamp, this.#account.takeCounts());
  }

  /** Takes in a reply; returns the round trip and whether it is jitter, or null for an unknown timestamp. */
  heartbeatReply(
    reply: HeartbeatReplyFields,
    nowMs: number,
  ): { readonly rttMs: number; readonly jitter: boolean } | null {
    this.#serverAccount = reply.latency ?? this.#serverAccount;
    const sentMs = reply.timestamp === null ? undefined : this.#sentAtMs.get(reply.timestamp);
    if (reply.timestamp === null || sentMs === undefined) return null;
    this.#sentAtMs.delete(reply.timestamp);
    const rttMs = nowMs - sentMs;
    this.#context = { ...this.#context, rttMs };
    if (reply.serverTimeMs !== null) {
      this.#clock = addClockSample(this.#clock, { sentMs, receivedMs: nowMs, serverMs: reply.serverTimeMs });
    }
    const step = stepJitter(this.#averageRttMs, rttMs);
    this.#averageRttMs = step.averageMs;
    return { rttMs, jitter: step.jitter };
  }

  /** Takes in a presented frame. */
  frame({ rtpTimestamp, ...frame }: PresentedFrame): void {
    const offsetMs = clockOffsetMs(this.#clock);
    const isKnown = offsetMs !== null && rtpTimestamp !== undefined;
    const latencyMs = isKnown ? captureToPresentMs(rtpTimestamp, frame.presentedAtMs + offsetMs) : null;
    this.#account.frame({ ...frame, captureToPresentMs: latencyMs });
    if (latencyMs !== null) this.#latencies = addLatency(this.#latencies, latencyMs);
  }

  /** Takes in what the user does. */
  input(message: object, nowMs: number): void {
    const rttMs = shortestRttMs(this.#clock);
    if (rttMs !== null && isPress(message)) this.#account.input(nowMs, rttMs / 2);
  }

  /** Takes in one `getStats()`. */
  reading(entries: readonly StatsEntry[], nowMs: number): StatsReading {
    const before = this.#sample;
    this.#sample = readStats(entries, nowMs);
    const summary = this.latency();
    const latency = summary === null ? null : { p50: summary.p50, p95: summary.p95 };
    this.#latest = buildReports(this.#sample, before, { ...this.#context, latency, account: this.#serverAccount });
    const { decodeMs, frames } = decodeRates(this.#sample, before);
    this.#account.means({ frames, decodeMs, jitterBufferMs: this.#latest.media.videoStats.jitter_buffer });
    const received = (of: StatsSample) => (of.video?.packetsReceived ?? 0) + (of.audio?.packetsReceived ?? 0);
    const mediaArrived = received(this.#sample) > received(before);
    return { ...this.#latest, mediaArrived, trouble: this.#trouble(before) };
  }

  /** Latency of the last frames; null without frames or without a server that tells its clock. */
  latency(): LatencyStats | null {
    const summary = summarizeLatency(this.#latencies);
    const offsetMs = clockOffsetMs(this.#clock);
    return summary === null || offsetMs === null ? null : { ...summary, clockOffsetMs: offsetMs };
  }

  #trouble(before: StatsSample): number | null {
    if (this.#thresholds === null) return null;
    const { video } = this.#sample;
    const received = (video?.packetsReceived ?? 0) - (before.video?.packetsReceived ?? 0);
    const nacks = (video?.nackCount ?? 0) - (before.video?.nackCount ?? 0);
    const step = stepNetwork(
      this.#network,
      {
        lossRate: this.#latest.media.videoStats.packet_loss_rate,
        nackRate: received > 0 ? nacks / received : 0,
        rttMs: this.#context.rttMs,
      },
      this.#thresholds,
    );
    this.#network = step.state;
    return step.event;
  }
}
