import { fits, hasMotion, isStill, isTooMuch, type LadderReading } from './ladder-reading.js';
import { mediaLimits } from './limits.js';
import { type LadderWish, type Rung, rungsOf } from './rungs.js';

/** Takes frame rate and size down when machine or path cannot carry them, and up again. PURE apart from its memory. */
export interface Ladder {
  /** Call about once a second. @returns what to use from now on */
  step(reading: LadderReading): Rung;
  /** In force for this wish. */
  at(wish: LadderWish): Rung;
  /** Begins at the top: another session. */
  reset(): void;
}

const atRest = {
  /** Steps down from the wish. */
  index: 0,
  bad: 0,
  good: 0,
  still: 0,
  upReadings: mediaLimits.ladderUpReadings as number,
  raisedAtMs: Number.NEGATIVE_INFINITY,
  stillReadings: mediaLimits.ladderStillReadings as number,
  sharpenedAtMs: Number.NEGATIVE_INFINITY,
  /** Where motion had led before the screen was still; null unless a still screen has brought the full size back. */
  motionIndex: null as number | null,
};

/** Creates a ladder at its top. */
export function createLadder(): Ladder {
  let state = { ...atRest };
  const move = (change: Partial<typeof atRest>) => {
    state = { ...state, bad: 0, good: 0, still: 0, ...change };
  };
  const isTrial = (sinceMs: number, nowMs: number) => nowMs - sinceMs < mediaLimits.ladderTrialMs;
  const stepDown = (nowMs: number) => {
    // A rung that was too much soon after it was tried is tried again later and later; one that has stood, as soon as any.
    const upReadings = isTrial(state.raisedAtMs, nowMs)
      ? Math.min(mediaLimits.ladderMostUpReadings, state.upReadings * 2)
      : mediaLimits.ladderUpReadings;
    move({ index: state.index + 1, upReadings });
  };
  const stepUp = (nowMs: number) => move({ index: state.index - 1, raisedAtMs: nowMs, motionIndex: null });
  const sharpen = (index: number, nowMs: number) =>
    move({ index, motionIndex: state.motionIndex ?? state.index, sharpenedAtMs: nowMs });
  const returnToMotion = (index: number, nowMs: number) => {
    const stillReadings = isTrial(state.sharpenedAtMs, nowMs)
      ? Math.min(mediaLimits.ladderMostStillReadings, state.stillReadings * 2)
      : mediaLimits.ladderStillReadings;
    move({ index, motionIndex: null, stillReadings });
  };
  const look = (reading: LadderReading, rungs: readonly Rung[]) => {
    const { nowMs } = reading;
    const { index, motionIndex } = state;
    const [rung, next] = [rungs[index], rungs[index - 1]];
    if (!rung) return;
    const sharpest = rungs.findLastIndex(({ share }) => share === 1);
    const sharp = rungs[sharpest] ?? rung;
    state.still = isStill(sharp, rung, reading) ? state.still + 1 : 0;
    if (index > sharpest && state.still >= state.stillReadings) return sharpen(sharpest, nowMs);
    // Nothing else to judge by.
    if (!hasMotion(reading)) return;
    state.bad = isTooMuch(rung, reading) ? state.bad + 1 : 0;
    state.good = next && fits(next, rung, reading) ? state.good + 1 : 0;
    if (motionIndex !== null && state.bad >= mediaLimits.ladderReturnReadings) returnToMotion(motionIndex, nowMs);
    else if (state.bad >= mediaLimits.ladderDownReadings && index + 1 < rungs.length) stepDown(nowMs);
    else if (state.good >= state.upReadings) stepUp(nowMs);
  };
  const rungIn = (rungs: readonly Rung[]): Rung =>
    rungs[state.index] ?? rungs[0] ?? { fps: mediaLimits.ladderMinFps, share: 1 };
  /** Another wish may have fewer rungs. */
  const rungsFor = (wish: LadderWish) => {
    const rungs = rungsOf(wish);
    state.index = Math.min(state.index, rungs.length - 1);
    if (state.motionIndex !== null) state.motionIndex = Math.min(state.motionIndex, rungs.length - 1);
    return rungs;
  };
  return {
    step: (reading) => {
      const rungs = rungsFor(reading.wish);
      look(reading, rungs);
      return rungIn(rungs);
    },
    at: (wish) => rungIn(rungsFor(wish)),
    reset: () => {
      state = { ...atRest };
    },
  };
}
