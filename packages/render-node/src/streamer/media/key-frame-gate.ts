/**
 * Coalesces wishes for a key frame: many peers ask at once, a lossy peer asks again and again, and each key frame costs
 * bandwidth of everyone. A wish is delayed, never lost. PURE; times are milliseconds of one clock.
 */
export interface KeyFrameGate {
  /** `urgent` is for a peer that has no picture at all yet. */
  request(urgent: boolean): void;
  /** Milliseconds until the pending key frame may be made: 0 for now, null when none is pending. */
  dueInMs(nowMs: number): number | null;
  /** A key frame was made: all wishes so far are fulfilled. */
  onKeyFrame(nowMs: number): void;
}

/** Share of the interval that an urgent wish waits. */
const urgentShare = 0.1;

/** Creates a gate that lets a key frame through at most every `intervalMs`. */
export function createKeyFrameGate(intervalMs: number): KeyFrameGate {
  let pending: 'none' | 'normal' | 'urgent' = 'none';
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    request: (urgent) => {
      if (urgent) pending = 'urgent';
      else if (pending === 'none') pending = 'normal';
    },
    dueInMs: (nowMs) => {
      if (pending === 'none') return null;
      const waitMs = pending === 'urgent' ? intervalMs * urgentShare : intervalMs;
      return Math.max(0, lastMs + waitMs - nowMs);
    },
    onKeyFrame: (nowMs) => {
      pending = 'none';
      lastMs = nowMs;
    },
  };
}
