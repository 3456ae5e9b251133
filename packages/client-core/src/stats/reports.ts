import type { LatencyReport } from '@cloudstage/protocol';
import type { InboundCounters, StatsSample } from './inbound-stats.js';

/** Milliseconds of capture→present over the last seconds; only with servers whose RTP clock is their wall clock. */
export interface LatencySummary {
  readonly p50: number;
  readonly p95: number;
}

/** The `webrtc_stats` event. Field names and units are the official SDK's. */
export interface WebrtcStats {
  readonly fps: number;
  /** Decoder and jitter buffer, milliseconds per frame. */
  readonly delay: number;
  /** Heartbeat round trip, milliseconds. */
  readonly rtt: number;
  /** STUN round trip, milliseconds. */
  readonly raw_rtt: number;
  readonly edge_rtt: number;
  readonly cpu: string;
  readonly gpu: string;
  /** start() → ConnectSuccess, milliseconds. */
  readonly load_cost_time: number;
  /** Video, bytes per second. */
  readonly bit_rate: number;
  readonly packet_lost: number;
  readonly nack: number;
  readonly packet_received: number;
  readonly input_delay: number;
  readonly user_id: string;
  readonly timestamp: number;
  /** start() → first frame, milliseconds. */
  readonly first_frame_cost_time: number;
  readonly api_cost_time: number;
  /** Cloudstage extension. */
  readonly capture_to_present_ms?: LatencySummary;
  /** Cloudstage extension: the account of all legs of the last seconds, milliseconds; as the server last told it. */
  readonly latency_ms?: LatencyReport;
}

/** Video half of `media_stats`. */
export interface VideoStats {
  readonly fps: number;
  readonly rtt: number;
  readonly raw_rtt: number;
  readonly edge_rtt: number;
  /** Mbit/s. */
  readonly bit_rate: number;
  readonly packet_lost: number;
  readonly packet_received: number;
  /** Fraction of the last interval's packets. */
  readonly packet_loss_rate: number;
  readonly nack: number;
  /** Milliseconds per frame. */
  readonly jitter_buffer: number;
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  readonly timestamp: number;
}

/** Audio half of `media_stats`. */
export interface AudioStats {
  readonly sample_rate: number;
  readonly channels: number;
  /** Mbit/s. */
  readonly bit_rate: number;
  readonly packet_lost: number;
  readonly packet_received: number;
  readonly packet_loss_rate: number;
  readonly nack: number;
  /** Milliseconds per packet. */
  readonly jitter_buffer: number;
  readonly concealed_samples: number;
  readonly concealment_events: number;
  readonly codec: string;
}

/** The `media_stats` event. */
export interface MediaStats {
  readonly videoStats: VideoStats;
  readonly audioStats: AudioStats;
}

/** What does not come from `getStats()`. */
export interface StatsContext {
  readonly rttMs: number;
  readonly cpu: string;
  readonly gpu: string;
  readonly loadCostMs: number;
  readonly firstFrameCostMs: number;
  readonly inputDelayMs: number;
  readonly userId: string;
  readonly latency: LatencySummary | null;
  readonly account: LatencyReport | null;
}

const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;

interface Rates {
  readonly bytesPerSecond: number;
  readonly lossRate: number;
  readonly jitterBufferMs: number;
}

const noRates: Rates = { bytesPerSecond: 0, lossRate: 0, jitterBufferMs: 0 };

/** Differences of two readings; a counter that went back (new stream after a reconnect) counts from zero. */
function rates(now: InboundCounters | null, before: InboundCounters | null, seconds: number): Rates {
  if (now === null || seconds <= 0) return noRates;
  const base = before !== null && before.packetsReceived <= now.packetsReceived ? before : null;
  const received = now.packetsReceived - (base?.packetsReceived ?? 0);
  const lost = Math.max(0, now.packetsLost - (base?.packetsLost ?? 0));
  const emitted = now.jitterBufferEmittedCount - (base?.jitterBufferEmittedCount ?? 0);
  const delayS = now.jitterBufferDelayS - (base?.jitterBufferDelayS ?? 0);
  return {
    bytesPerSecond: Math.max(0, Math.round((now.bytesReceived - (base?.bytesReceived ?? 0)) / seconds)),
    lossRate: received + lost === 0 ? 0 : round(lost / (received + lost), 4),
    jitterBufferMs: emitted <= 0 ? 0 : round((delayS / emitted) * 1000, 1),
  };
}

/** Frames decoded per second, and decoding time per frame, between two readings. PURE. */
export function decodeRates(
  now: StatsSample,
  before: StatsSample | null,
): { readonly fps: number; readonly decodeMs: number; readonly frames: number } {
  const seconds = before === null ? 0 : (now.atMs - before.atMs) / 1000;
  if (now.video === null || before === null || seconds <= 0) return { fps: 0, decodeMs: 0, frames: 0 };
  const base = before.video !== null && before.video.framesDecoded <= now.video.framesDecoded ? before.video : null;
  const frames = now.video.framesDecoded - (base?.framesDecoded ?? 0);
  const decodeS = now.video.totalDecodeTimeS - (base?.totalDecodeTimeS ?? 0);
  return { fps: Math.round(frames / seconds), decodeMs: frames === 0 ? 0 : (decodeS / frames) * 1000, frames };
}

/** Makes both events out of two consecutive readings. PURE. */
export function buildReports(
  now: StatsSample,
  before: StatsSample | null,
  context: StatsContext,
): { readonly webrtc: WebrtcStats; readonly media: MediaStats } {
  const seconds = before === null ? 0 : (now.atMs - before.atMs) / 1000;
  const video = rates(now.video, before?.video ?? null, seconds);
  const audio = rates(now.audio, before?.audio ?? null, seconds);
  const { fps, decodeMs } = decodeRates(now, before);
  const timestamp = Math.round(now.atMs);
  const rtt = {
    rtt: Math.round(context.rttMs),
    raw_rtt: Math.round(now.pairRttMs ?? 0),
    // The official SDK subtracts its proxy's share; there is no proxy here.
    edge_rtt: Math.round(now.pairRttMs ?? 0),
  };
  const received = now.video?.packetsReceived ?? 0;
  const lost = now.video?.packetsLost ?? 0;
  const nack = now.video?.nackCount ?? 0;
  return {
    webrtc: {
      fps,
      delay: round(decodeMs + video.jitterBufferMs, 1),
      ...rtt,
      cpu: context.cpu,
      gpu: context.gpu,
      load_cost_time: Math.round(context.loadCostMs),
      bit_rate: video.bytesPerSecond,
      packet_lost: lost,
      nack,
      packet_received: received,
      input_delay: Math.round(context.inputDelayMs),
      user_id: context.userId,
      timestamp,
      first_frame_cost_time: Math.round(context.firstFrameCostMs),
      api_cost_time: 0,
      ...(context.latency === null ? {} : { capture_to_present_ms: context.latency }),
      ...(context.account === null ? {} : { latency_ms: context.account }),
    },
    media: {
      videoStats: {
        fps,
        ...rtt,
        bit_rate: round((video.bytesPerSecond * 8) / 1e6, 3),
        packet_lost: lost,
        packet_received: received,
        packet_loss_rate: video.lossRate,
        nack,
        jitter_buffer: video.jitterBufferMs,
        width: now.video?.width ?? 0,
        height: now.video?.height ?? 0,
        codec: now.video?.codec ?? '',
        timestamp,
      },
      audioStats: {
        sample_rate: now.audio?.sampleRate ?? 0,
        channels: now.audio?.channels ?? 0,
        bit_rate: round((audio.bytesPerSecond * 8) / 1e6, 3),
        packet_lost: now.audio?.packetsLost ?? 0,
        packet_received: now.audio?.packetsReceived ?? 0,
        packet_loss_rate: audio.lossRate,
        nack: now.audio?.nackCount ?? 0,
        jitter_buffer: audio.jitterBufferMs,
        concealed_samples: now.audio?.concealedSamples ?? 0,
        concealment_events: now.audio?.concealmentEvents ?? 0,
        codec: now.audio?.codec ?? '',
      },
    },
  };
}
