/** When the next picture may be taken. */
export type CaptureDecision =
  | { readonly type: 'now' }
  /** Nothing has changed, or the encoder is busy: an event will ask again. */
  | { readonly type: 'wait' }
  | { readonly type: 'later'; readonly delayMs: number };

/**
 * Paces captures to a frame rate without a blind timer: a change is taken at once when the last picture is about one
 * interval ago, otherwise at the interval's end. PURE; times are milliseconds of one monotonic clock.
 *
 * A source that runs at exactly the same rate jitters around the interval. Taking it a little early keeps its latency
 * near zero; the debt is carried to the next due time, so that the average never exceeds the rate.
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

/** Share of an interval, and most milliseconds, by which a picture may be early. */
const earlyShare = 0.3;
const earlyMaxMs = 5;

/** Creates a schedule at rest: nothing pending, encoder idle. */
export function createCaptureSchedule(fps: number): CaptureSchedule {
  let intervalMs = 1_000 / fps;
  let dueMs = Number.NEGATIVE_INFINITY;
  let damaged = false;
  let forced = false;
  let busy = false;
  const earlyMs = () => Math.min(earlyMaxMs, intervalMs * earlyShare);
  return {
    onDamage: () => {
      damaged = true;
    },
    onForced: () => {
      forced = true;
    },
    decide: (nowMs) => {
      if (busy || !(damaged || forced)) return { type: 'wait' };
      if (forced || nowMs >= dueMs - earlyMs()) return { type: 'now' };
      return { type: 'later', delayMs: dueMs - nowMs };
    },
    onCaptureStart: (nowMs) => {
      damaged = false;
      forced = false;
      busy = true;
      dueMs = Math.max(dueMs, nowMs - earlyMs()) + intervalMs;
      // A forced picture must not push the schedule further than one interval ahead.
      dueMs = Math.min(dueMs, nowMs + intervalMs + earlyMs());
    },
    onEncoderIdle: () => {
      busy = false;
    },
    setFps: (next) => {
      intervalMs = 1_000 / next;
    },
  };
}
