import { createTokenBucket } from '../control/token-bucket.js';
import { streamerLimits } from '../limits.js';

/** Decides when a peer that wants pictures again after a pause gets its key frame, which everybody gets. PURE apart from its memory. */
export interface Resumes {
  /** It wants pictures again. @returns whether to make a key frame now; otherwise one is owed */
  wish(nowMs: number): boolean;
  /** It pauses: nothing is owed any more. */
  cancel(): void;
  /** Whether the key frame that is owed may be made now; true once. */
  isDue(nowMs: number): boolean;
}

/** Creates the memory of one peer: the first few wishes count at once, then one in each interval. */
export function createResumes(): Resumes {
  const budget = createTokenBucket(1_000 / streamerLimits.resumeIntervalMs, streamerLimits.resumes);
  let isOwed = false;
  const wish = (nowMs: number) => {
    isOwed = !budget.take(1, nowMs);
    return !isOwed;
  };
  return {
    wish,
    cancel: () => {
      isOwed = false;
    },
    isDue: (nowMs) => isOwed && wish(nowMs),
  };
}
