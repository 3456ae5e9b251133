import { createPaintSteps } from './paint-steps.js';

/** When the next picture may be taken. */
export type CaptureDecision =
  | { readonly type: 'now' }
  /** Nothing has changed, or the encoder is busy: an event will ask again. */
  | { readonly type: 'wait' }
  | { readonly type: 'later'; readonly delayMs: number };

/**
 * Paces captures to a frame rate without a blind timer: a change is taken at once while the rate allows it, otherwise as soon as it does. PURE; times
 * are milliseconds of one monotonic clock.
 *
 * What the rate allows is saved up to {@link mostPictures}. So a picture that came late does not delay those behind it, whose times it does not
 * change, and the second step of a program that paints its answer in two is taken at once. A grid of due times, as was here before, could only move
 * backwards: each late picture put it off, and from then on every picture of a program of the stream's own rate waited, 9 ms at the median.
 *
 * A program that usually paints in several steps is waited for until its paint is complete, see {@link createPaintSteps}; else the first picture would be torn, and
 * the whole one wait for what the rate allows.
 */
export interface CaptureSchedule {
  /** The program drew. */
  onDamage(nowMs: number): void;
  /** What we paint into the picture changed. */
  onOwnChange(): void;
  /** A picture is wanted whatever changed (key frame for a new peer). */
  onForced(): void;
  decide(nowMs: number): CaptureDecision;
  /** A picture is begun. */
  onCaptureStart(nowMs: number): void;
  /** The screen is read; changes from now on belong to the next picture. */
  onRead(): void;
  onEncoderIdle(): void;
  /** A change was reported that is not being read, and further steps of the same paint are worth being reported. */
  wantsSteps(nowMs: number): boolean;
  setFps(fps: number): void;
}

/** Pictures that may be taken as fast as they come after a pause. */
const mostPictures = 2;
/**
 * A program that draws a little faster than the stream (timers of 16 ms make 62.5 Hz) is followed, as each of its pictures would wait up to an interval
 * otherwise, and every twenty-fifth be left out. So much faster than those that what has put one picture off is made up for within a third of a second.
 */
const tolerance = 1.1;
/**
 * A program is much faster, and gets the rate that was asked for, while it has begun a picture with the one before still waiting twice within that many
 * pictures. One within the tolerance does so more rarely even at that rate. Waits alone say nothing: whatever has put a program's pictures off, such as a forced
 * one, each of them waits until the tolerance has made up for it.
 */
const crowdedPictures = 22;

/** A rest of a paint that is not worth a timer, milliseconds. */
const leastWaitMs = 0.4;

/** Creates a schedule at rest: nothing pending, encoder idle. */
export function createCaptureSchedule(fps: number): CaptureSchedule {
  let intervalMs = 1_000 / fps;
  let pictures = mostPictures;
  let lastMs = Number.NEGATIVE_INFINITY;
  let damaged = false;
  let forced = false;
  let busy = false;
  /** Begun, not read yet. */
  let starting = false;
  const steps = createPaintSteps();
  /** The change that is pending came before a picture was allowed. */
  let waits = false;
  /** Another one came meanwhile. */
  let missed = false;
  let sinceMissed = Number.POSITIVE_INFINITY;
  let crowded = false;
  const pace = () => (crowded ? 1 : tolerance) / intervalMs;
  const allowed = (nowMs: number) => Math.min(mostPictures, pictures + (nowMs - lastMs) * pace());
  return {
    onDamage: (nowMs) => {
      damaged = true;
      if (steps.onStep(nowMs)) missed ||= waits;
    },
    onOwnChange: () => {
      damaged = true;
    },
    onForced: () => {
      forced = true;
    },
    decide: (nowMs) => {
      if (busy || !(damaged || forced)) return { type: 'wait' };
      const missing = 1 - allowed(nowMs);
      // Rounding must not ask for a wait of nothing.
      const isAllowed = missing < 1e-6;
      const restMs = steps.restMs(nowMs, intervalMs);
      if (forced || (isAllowed && restMs < leastWaitMs)) return { type: 'now' };
      if (isAllowed) return { type: 'later', delayMs: restMs };
      waits = true;
      return { type: 'later', delayMs: missing / pace() };
    },
    onCaptureStart: (nowMs) => {
      // A forced picture may come before it is allowed, and puts off none of the others by more than an interval.
      pictures = Math.max(0, allowed(nowMs) - 1);
      lastMs = nowMs;
      sinceMissed += 1;
      if (missed || sinceMissed > crowdedPictures) crowded = missed && sinceMissed <= crowdedPictures;
      if (missed) sinceMissed = 0;
      missed = false;
      waits = false;
      forced = false;
      busy = true;
      starting = true;
    },
    onRead: () => {
      damaged = false;
      starting = false;
    },
    onEncoderIdle: () => {
      busy = false;
      starting = false;
    },
    wantsSteps: (nowMs) => damaged && !starting && steps.isOpen(nowMs),
    setFps: (next) => {
      intervalMs = 1_000 / next;
    },
  };
}
