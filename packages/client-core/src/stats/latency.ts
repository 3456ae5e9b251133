import { clientLimits } from '../limits.js';
import type { LatencySummary } from './reports.js';

/** RTP clock of video. */
const ticksPerMs = 90;
const rtpModulus = 2 ** 32;
/** Longer "latencies" mean that the RTP clock is not the server's wall clock. */
const maxPlausibleMs = 10_000;

/**
 * Time from capture to presentation. The server stamps a frame with its wall clock in 90 kHz ticks modulo 2³².
 * @param presentedServerMs moment of presentation on the server's clock, epoch milliseconds.
 * @returns milliseconds, slightly negative when the clock estimate errs; null when the stamp cannot be a wall clock. PURE.
 */
export function captureToPresentMs(rtpTimestamp: number, presentedServerMs: number): number | null {
  const presentedTicks = presentedServerMs * ticksPerMs;
  let ticks = (presentedTicks - rtpTimestamp) % rtpModulus;
  if (ticks < 0) ticks += rtpModulus;
  if (ticks > rtpModulus / 2) ticks -= rtpModulus;
  const latencyMs = ticks / ticksPerMs;
  return Math.abs(latencyMs) > maxPlausibleMs ? null : latencyMs;
}

/** Keeps the newest latencies. PURE. */
export function addLatency(latencies: readonly number[], latencyMs: number): readonly number[] {
  return [...latencies.slice(-(clientLimits.latencySamples - 1)), latencyMs];
}

/** Value below which the fraction `p` of the sorted values lies (nearest rank). PURE. */
export function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? 0;
}

/** Percentiles with one decimal; null without a frame. PURE. */
export function summarizeLatency(
  latencies: readonly number[],
): (LatencySummary & { readonly p99: number; readonly frames: number }) | null {
  if (latencies.length === 0) return null;
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (p: number) => Math.round(percentile(sorted, p) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), frames: sorted.length };
}
