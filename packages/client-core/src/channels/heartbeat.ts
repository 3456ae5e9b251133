import {
  type HeartbeatRequest,
  type LatencyCounts,
  type LatencyReport,
  readLatencyReport,
  type StreamPushState,
} from '@cloudstage/protocol';
import type { WebrtcStats } from '../stats/reports.js';
import { asFields, asNumber, asText, type Fields } from './inbound.js';

/** Builds a heartbeat out of the current statistics: the numbers that are texts on the wire become texts. PURE. */
export function buildHeartbeat(stats: WebrtcStats, timestampMs: number, latency: LatencyCounts = {}): HeartbeatRequest {
  const { fps, delay, bit_rate, packet_lost, nack, packet_received, cpu, gpu, user_id, ...rest } = stats;
  const { capture_to_present_ms: _extension, latency_ms: _account, ...numbers } = rest;
  return {
    ...numbers,
    fps: String(fps),
    delay: String(delay),
    cpu: String(cpu),
    gpu: String(gpu),
    bit_rate: String(bit_rate * 8),
    packet_lost: String(packet_lost),
    nack: String(nack),
    packet_received: String(packet_received),
    ...(user_id === '' ? {} : { user_id }),
    timestamp: timestampMs,
    latency,
  };
}

/** A heartbeat reply with every field checked. */
export interface HeartbeatReplyFields {
  /** Echo of the request's timestamp. */
  readonly timestamp: number | null;
  readonly token: string | null;
  readonly pushState: StreamPushState | undefined;
  readonly userId: string | null;
  /** ≥ 0: the server ends the connection. */
  readonly code: number | null;
  readonly message: string;
  /** Server wall clock, milliseconds; Cloudstage servers only. */
  readonly serverTimeMs: number | null;
  /** The account of all legs; null when this reply has none. Cloudstage servers only. */
  readonly latency: LatencyReport | null;
  /** Number of a wish to attach the picture anew; the same one comes more than once. */
  readonly restartPlayback: number | null;
}

/**
 * Reads a heartbeat reply. A missing code means "go on"; `null` counts as missing, which is kinder than the official SDK,
 * where it disconnects. PURE.
 */
export function readHeartbeatReply(fields: Fields): HeartbeatReplyFields {
  const wish = asFields(fields.wish);
  return {
    timestamp: asNumber(fields.timestamp),
    token: asText(fields.token),
    pushState: (asText(fields.stream_push_state) as StreamPushState | null) ?? undefined,
    userId: asText(fields.user_id),
    code: asNumber(fields.code),
    message: asText(fields.message) ?? '',
    serverTimeMs: asNumber(fields.server_time_ms),
    latency: fields.latency === undefined ? null : readLatencyReport(fields.latency),
    restartPlayback: wish?.type === 'restart_playback' ? asNumber(wish.id) : null,
  };
}
