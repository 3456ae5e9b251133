import { asNumber } from '../channels/inbound.js';

/** Thresholds of the `latency` event, from the server's `network_event_script`. Rates are fractions. */
export interface NetworkThresholds {
  readonly lossRate: number | null;
  readonly nackRate: number | null;
  readonly rttAverageMs: number | null;
  /** Variance of the round trip, ms². */
  readonly rttVariance: number | null;
  /** Consecutive bad seconds before the event. */
  readonly notify: number;
}

/** Network trouble, in the order of its priority. */
export const networkTroubles = [
  'NETWORK_NORMAL',
  'NETWORK_CONGESTION',
  'NACK_RISING',
  'HIGH_DELAY',
  'NETWORK_JITTER',
] as const;

/** Parses `feature_switch.network_event_script` (JSON text); null when absent or malformed. PURE. */
export function parseNetworkScript(script: unknown): NetworkThresholds | null {
  if (typeof script !== 'string') return null;
  let fields: Record<string, unknown>;
  try {
    fields = (JSON.parse(script) as Record<string, unknown> | null) ?? {};
  } catch {
    return null;
  }
  return {
    lossRate: asNumber(fields.loss_rate_threshold),
    nackRate: asNumber(fields.nack_rate_threshold),
    rttAverageMs: asNumber(fields.rtt_avg_threshold),
    rttVariance: asNumber(fields.rtt_dev_threshold),
    notify: asNumber(fields.notify_threshold) ?? 5,
  };
}

/** One second of the network. */
export interface NetworkSample {
  readonly lossRate: number;
  readonly nackRate: number;
  readonly rttMs: number;
}

/** Memory of the detector. */
export interface NetworkState {
  /** The last five round trips. */
  readonly rtts: readonly number[];
  readonly trouble: number;
  readonly streak: number;
}

/** Before the first sample. */
export const initialNetworkState: NetworkState = { rtts: [], trouble: 0, streak: 0 };

/** Judges one second. `event` is the index into {@link networkTroubles} to report, or null. PURE. */
export function stepNetwork(
  state: NetworkState,
  sample: NetworkSample,
  thresholds: NetworkThresholds,
): { readonly state: NetworkState; readonly event: number | null } {
  const rtts = [...state.rtts, sample.rttMs].slice(-5);
  const mean = rtts.reduce((sum, value) => sum + value, 0) / rtts.length;
  const variance = rtts.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rtts.length;
  const over = (value: number, threshold: number | null) => threshold !== null && value > threshold;
  const trouble = over(sample.lossRate, thresholds.lossRate)
    ? 1
    : over(sample.nackRate, thresholds.nackRate)
      ? 2
      : over(mean, thresholds.rttAverageMs)
        ? 3
        : over(variance, thresholds.rttVariance)
          ? 4
          : 0;
  const streak = trouble !== 0 && trouble === state.trouble ? state.streak + 1 : trouble === 0 ? 0 : 1;
  if (streak < thresholds.notify || trouble === 0) return { state: { rtts, trouble, streak }, event: null };
  return { state: { rtts, trouble, streak: 0 }, event: trouble };
}

/** A round trip that is more than twice the running average is jitter. PURE. */
export function stepJitter(
  averageMs: number | null,
  rttMs: number,
): { readonly averageMs: number; readonly jitter: boolean } {
  if (averageMs === null) return { averageMs: rttMs, jitter: false };
  return { averageMs: averageMs + (rttMs - averageMs) / 8, jitter: rttMs > 2 * averageMs && rttMs > 1 };
}
