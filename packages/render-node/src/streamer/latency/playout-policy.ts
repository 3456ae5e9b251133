import type { PlayoutDelay } from '../rtp/rtp-packet.js';
import type { PathReport } from '../rtp/sender-observer.js';

/**
 * How long a receiver may hold pictures. 0/0 shows each one at once, which is right on a good path. On a bad one a picture that
 * waits for a retransmission stops the motion for a round trip; up to `maxMs` the receiver then smooths that out by itself, by
 * what it measures. Up within seconds, down slowly, in few steps: each change moves the picture's pace once. PURE.
 */
export interface PlayoutState {
  /** Index into the levels. */
  readonly level: number;
  /** Since when reports ask for a higher or a lower level without a break; null: they do not. */
  readonly higherSinceMs: number | null;
  readonly lowerSinceMs: number | null;
  /** Smoothed over a few reports. */
  readonly jitterMs: number;
  readonly lost: number;
  readonly rttMs: number;
}

/** Longest times that a receiver may hold pictures. */
export const playoutLevelsMs = [0, 50, 100, 200] as const;

/** At once. */
export const initialPlayoutState: PlayoutState = {
  level: 0,
  higherSinceMs: null,
  lowerSinceMs: null,
  jitterMs: 0,
  lost: 0,
  rttMs: 0,
};

const tuning = {
  /** Weight of a new report: one bad second alone changes nothing. */
  weight: 0.3,
  /** A bad path must be bad for this long, a good one good for this long. */
  raiseAfterMs: 4_000,
  lowerAfterMs: 20_000,
  /** Variation below this is hidden by the display's own rhythm. */
  quietJitterMs: 12,
  /**
   * Lost share that makes pictures wait so often that motion stumbles all the time. Below it parity and early retransmission leave few
   * waits, and holding every picture back costs more delay than they do.
   */
  noticeableLoss: 0.06,
  /** To go down, this share of the level below must suffice: the border itself is no reason to change. */
  lowerShare: 0.7,
} as const;

/** Longest hold that would hide what the path does; 0 on a good path. */
function neededMs({ jitterMs, lost, rttMs }: PlayoutState): number {
  const forJitter = jitterMs > tuning.quietJitterMs ? 2.5 * jitterMs : 0;
  const forLoss = lost > tuning.noticeableLoss ? rttMs + 20 : 0;
  return Math.max(forJitter, forLoss);
}

const levelFor = (ms: number) => {
  const index = playoutLevelsMs.findIndex((level) => level >= ms);
  return index < 0 ? playoutLevelsMs.length - 1 : index;
};

/** Takes in one report of the receiver. */
export function stepPlayout(state: PlayoutState, report: PathReport, nowMs: number): PlayoutState {
  const blend = (old: number, value: number) => old + tuning.weight * (value - old);
  const rttMs = report.rttMs === undefined ? state.rttMs : blend(state.rttMs || report.rttMs, report.rttMs);
  const path = {
    ...state,
    jitterMs: blend(state.jitterMs, report.jitterMs),
    lost: blend(state.lost, report.fractionLost),
    rttMs,
  };
  const needed = neededMs(path);
  const wanted = levelFor(needed);
  const isHigher = wanted > state.level;
  const below = playoutLevelsMs[state.level - 1];
  const isLower = below !== undefined && needed <= below * tuning.lowerShare;
  const higherSinceMs = isHigher ? (state.higherSinceMs ?? nowMs) : null;
  const lowerSinceMs = isLower ? (state.lowerSinceMs ?? nowMs) : null;
  if (higherSinceMs !== null && nowMs - higherSinceMs >= tuning.raiseAfterMs) {
    return { ...path, level: wanted, higherSinceMs: null, lowerSinceMs: null };
  }
  if (lowerSinceMs !== null && nowMs - lowerSinceMs >= tuning.lowerAfterMs) {
    return { ...path, level: state.level - 1, higherSinceMs: null, lowerSinceMs: null };
  }
  return { ...path, higherSinceMs, lowerSinceMs };
}

/** What the packets say in this state. */
export function playoutDelayOf({ level }: PlayoutState): PlayoutDelay {
  return { minMs: 0, maxMs: playoutLevelsMs[level] ?? 0 };
}
