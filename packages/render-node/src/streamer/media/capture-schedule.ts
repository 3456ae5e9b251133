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
 */
export interface CaptureSchedule {
  /** Something on the screen changed. */
  onDamage(): void;
  /** A picture is wanted whatever changed (key frame for a new peer). */
  onForced(): void;
  decide(nowMs: number): CaptureDecision;
  /** A capture begins; changes from now on belong to the next picture. */
  onCaptureStart(nowMs: number): void;
  onEncoderIdle(): void;
  setFps(fps: number): void;
}

/** Pictures that may be taken as fast as they come after a pause. */
const mostPictures = 2;
/**
 * A program that draws a little faster than the stream (timers of 16 ms make 62.5 Hz) is followed, as each of its pictures would wait up to an interval
 * otherwise, and every twenty-fifth be left out.
 */
const tolerance = 1.05;
/**
 * Successive pictures that had to wait for long: the program is much faster, and gets the rate that was asked for. One within the tolerance
 * waits now and then, wherever its beat lies, for no more than twice what its interval is shorter.
 */
const crowdedPictures = 30;

/** Creates a schedule at rest: nothing pending, encoder idle. */
export function createCaptureSchedule(fps: number): CaptureSchedule {
  let intervalMs = 1_000 / fps;
  let pictures = mostPictures;
  let lastMs = Number.NEGATIVE_INFINITY;
  let damaged = false;
  let forced = false;
  let busy = false;
  /** The change that is pending came long before a picture was allowed. */
  let waited = false;
  let waitedInARow = 0;
  const pace = () => (waitedInARow < crowdedPictures ? tolerance : 1) / intervalMs;
  const allowed = (nowMs: number) => Math.min(mostPictures, pictures + (nowMs - lastMs) * pace());
  return {
    onDamage: () => {
      damaged = true;
    },
    onForced: () => {
      forced = true;
    },
    decide: (nowMs) => {
      if (busy || !(damaged || forced)) return { type: 'wait' };
      const missing = 1 - allowed(nowMs);
      // Rounding must not ask for a wait of nothing.
      if (forced || missing < 1e-6) return { type: 'now' };
      const delayMs = missing / pace();
      waited ||= delayMs > 2 * intervalMs * (tolerance - 1);
      return { type: 'later', delayMs };
    },
    onCaptureStart: (nowMs) => {
      // A forced picture may come before it is allowed, and puts off none of the others by more than an interval.
      pictures = Math.max(0, allowed(nowMs) - 1);
      lastMs = nowMs;
      waitedInARow = waited ? waitedInARow + 1 : 0;
      waited = false;
      damaged = false;
      forced = false;
      busy = true;
    },
    onEncoderIdle: () => {
      busy = false;
    },
    setFps: (next) => {
      intervalMs = 1_000 / next;
    },
  };
}
