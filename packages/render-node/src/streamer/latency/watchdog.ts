/**
 * Notices latency that creeps up without loss, which congestion control does not see: a queue in front of the network, a jitter
 * buffer or a decoder that falls behind, a display that lags. Tries one repair after the other, waits for each to work, and
 * in the end takes the new latency for what the path is. PURE.
 */

/** Where the latency grows. */
export type DriftKind = 'pacing' | 'receiving' | 'presenting';

/** What may help, from mild to harsh. */
export type Repair =
  /** Less to send for a while, so that queues empty. */
  | 'lower-bitrate'
  /** A key frame and the default playout delay: the receiver begins anew with what is newest. */
  | 'resync'
  /** The client is asked to attach its picture anew. */
  | 'restart-playback';

/** One second of a peer. Undefined: not measured in it. */
export interface LatencySecond {
  readonly paceMs: number | undefined;
  /** Jitter buffer and decoder. */
  readonly receiveMs: number | undefined;
  readonly captureToPresentMs: number | undefined;
  /** Loss, or a receiver that was told to hold pictures: what that causes is not ours to repair. */
  readonly isPathBad: boolean;
}

/** What is known of one kind of latency. */
interface Watch {
  readonly smoothMs: number | null;
  /** Lowest smoothed value lately; creeps up by itself, so that an old one is forgotten. */
  readonly baseMs: number;
  readonly highSinceMs: number | null;
}

/** State of the watchdog of one peer. */
export interface WatchdogState {
  readonly watches: { readonly [K in DriftKind]: Watch };
  /** The repair that is being tried. */
  readonly repairing: { readonly kind: DriftKind; readonly step: number; readonly sinceMs: number } | null;
  readonly quietUntilMs: number;
}

/** What happened in a second. */
export type WatchdogEvent =
  | {
      readonly type: 'repair';
      readonly kind: DriftKind;
      readonly repair: Repair;
      readonly fromMs: number;
      readonly toMs: number;
    }
  | { readonly type: 'recovered' | 'given-up'; readonly kind: DriftKind };

const tuning = {
  /** Weight of a new second. */
  weight: 0.2,
  /** How fast an old low is forgotten, share of the distance a second: in eight minutes, so that 2 ms a minute is noticed. */
  forget: 0.002,
  /** Drift: more than the base by this, and by this share of it. Less is what pictures of different sizes do. */
  driftMs: 15,
  driftShare: 0.5,
  /** Back within half of that. */
  recoveredShare: 0.5,
  /** The drift must last this long: content changes, scheduling and a busy client pass by themselves. */
  lastsMs: 15_000,
  /** Time for a repair to show. */
  worksMs: 12_000,
  /** After an end, good or bad. */
  quietMs: 60_000,
} as const;

/** Repairs of each kind, in the order in which they are tried. */
export const repairsOf: { readonly [K in DriftKind]: readonly Repair[] } = {
  pacing: ['lower-bitrate', 'resync'],
  receiving: ['resync', 'lower-bitrate', 'restart-playback'],
  presenting: ['resync', 'restart-playback'],
};

const unknown: Watch = { smoothMs: null, baseMs: Number.POSITIVE_INFINITY, highSinceMs: null };

/** Nothing measured yet. */
export const initialWatchdogState: WatchdogState = {
  watches: { pacing: unknown, receiving: unknown, presenting: unknown },
  repairing: null,
  quietUntilMs: Number.NEGATIVE_INFINITY,
};

const drift = ({ baseMs }: Watch) => Math.max(tuning.driftMs, baseMs * tuning.driftShare);
const isHigh = (watch: Watch) => watch.smoothMs !== null && watch.smoothMs > watch.baseMs + drift(watch);
const isBack = (watch: Watch) =>
  watch.smoothMs !== null && watch.smoothMs <= watch.baseMs + drift(watch) * tuning.recoveredShare;

function watchOn(watch: Watch, ms: number | undefined, nowMs: number): Watch {
  if (ms === undefined) return watch;
  const smoothMs = watch.smoothMs === null ? ms : watch.smoothMs + tuning.weight * (ms - watch.smoothMs);
  const crept = Number.isFinite(watch.baseMs)
    ? watch.baseMs + tuning.forget * Math.max(0, smoothMs - watch.baseMs)
    : smoothMs;
  // While it is high the old low stands, or a slow drift would become the base before it is noticed.
  const baseMs = Math.min(smoothMs, isHigh(watch) ? watch.baseMs : crept);
  const next = { smoothMs, baseMs, highSinceMs: watch.highSinceMs };
  return { ...next, highSinceMs: isHigh(next) ? (watch.highSinceMs ?? nowMs) : null };
}

/** The new latency is the base from now on. */
const accept = (watch: Watch): Watch => ({ ...watch, baseMs: watch.smoothMs ?? watch.baseMs, highSinceMs: null });

function repairEvent(kind: DriftKind, step: number, { baseMs, smoothMs }: Watch): WatchdogEvent | null {
  const repair = repairsOf[kind][step];
  return repair === undefined ? null : { type: 'repair', kind, repair, fromMs: baseMs, toMs: smoothMs ?? baseMs };
}

type Step = { readonly state: WatchdogState; readonly event: WatchdogEvent | null };

function stepRepair(state: WatchdogState, nowMs: number): Step {
  const { repairing, watches } = state;
  if (repairing === null) return { state, event: null };
  const { kind, step, sinceMs } = repairing;
  const watch = watches[kind];
  const quietUntilMs = nowMs + tuning.quietMs;
  if (isBack(watch)) return { state: { ...state, repairing: null, quietUntilMs }, event: { type: 'recovered', kind } };
  if (nowMs - sinceMs < tuning.worksMs) return { state, event: null };
  const event = repairEvent(kind, step + 1, watch);
  if (event !== null) return { state: { ...state, repairing: { kind, step: step + 1, sinceMs: nowMs } }, event };
  const accepted = { ...watches, [kind]: accept(watch) };
  return { state: { watches: accepted, repairing: null, quietUntilMs }, event: { type: 'given-up', kind } };
}

/** Takes in one second; the whole way counts only when none of its parts explains the drift. */
export function stepWatchdog(before: WatchdogState, second: LatencySecond, nowMs: number): Step {
  if (second.isPathBad) {
    const calm = (watch: Watch): Watch => ({ ...watch, highSinceMs: null });
    const { pacing, receiving, presenting } = before.watches;
    const watches = { pacing: calm(pacing), receiving: calm(receiving), presenting: calm(presenting) };
    return { state: { ...before, watches }, event: null };
  }
  const { paceMs, receiveMs, captureToPresentMs } = second;
  const state: WatchdogState = {
    ...before,
    watches: {
      pacing: watchOn(before.watches.pacing, paceMs, nowMs),
      receiving: watchOn(before.watches.receiving, receiveMs, nowMs),
      presenting: watchOn(before.watches.presenting, captureToPresentMs, nowMs),
    },
  };
  if (state.repairing !== null) return stepRepair(state, nowMs);
  if (nowMs < state.quietUntilMs) return { state, event: null };
  for (const kind of ['pacing', 'receiving', 'presenting'] as const) {
    const watch = state.watches[kind];
    if (watch.highSinceMs === null || nowMs - watch.highSinceMs < tuning.lastsMs) continue;
    const event = repairEvent(kind, 0, watch);
    return { state: { ...state, repairing: { kind, step: 0, sinceMs: nowMs } }, event };
  }
  return { state, event: null };
}
