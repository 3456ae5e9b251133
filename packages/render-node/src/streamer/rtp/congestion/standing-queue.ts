import { createWindowedMin } from './windowed-min.js';

/** `drain`: lower the rate for a while. `drained`: that emptied a queue. `not-ours`: it changed nothing, take the rate back. */
export type StandingQueueVerdict = 'none' | 'drain' | 'drained' | 'not-ours';

/**
 * Watches for delay that has come and stays: the trend of the delay is flat in a queue that is full or fills very slowly. It looks at round trips
 * on the sender's own clock, where the receiver's clock may run fast or slow as it likes.
 */
export interface StandingQueue {
  /** @param roundTripUs from sending the newest packet of a feedback to that feedback, including what the receiver waited */
  onRoundTrip(roundTripUs: number, nowUs: number): void;
  check(nowUs: number): StandingQueueVerdict;
  /** Ends a trial without a verdict. */
  cancel(): void;
  /** Delay above the smallest of the last minutes, in milliseconds. */
  readonly queueMs: number;
  /** Smallest round trip of the last two minutes, in milliseconds, whatever was thought of it; 0 while unknown. */
  readonly leastMs: number;
  readonly draining: boolean;
}

const tuning = {
  /** The smallest round trip of this window is the standing delay. */
  recentUs: { bucket: 250_000, buckets: 6 },
  /** Compared with the smallest of this one: routes last for minutes. */
  baseUs: { bucket: 10_000_000, buckets: 30 },
  leastUs: { bucket: 10_000_000, buckets: 12 },
  /** Feedback in the recent window that makes it count: few messages miss the short ones. */
  samples: 12,
  queueMs: 30,
  trialUs: 1_200_000,
  /** Part of the queue that must have gone. */
  drainedShare: 0.3,
  /** Pause after a trial; it doubles while trials change nothing. */
  pauseUs: { first: 4_000_000, most: 64_000_000 },
} as const;

/** Creates the watch. PURE apart from its memory. */
export function createStandingQueue(): StandingQueue {
  const recent = createWindowedMin(tuning.recentUs.bucket, tuning.recentUs.buckets);
  const base = createWindowedMin(tuning.baseUs.bucket, tuning.baseUs.buckets);
  const least = createWindowedMin(tuning.leastUs.bucket, tuning.leastUs.buckets);
  let trial: { readonly queueMs: number; readonly endUs: number } | undefined;
  let pauseUs: number = tuning.pauseUs.first;
  let quietUntilUs = Number.NEGATIVE_INFINITY;
  const queueMs = () => (recent.count() === 0 ? 0 : (recent.min() - base.min()) / 1_000);
  const judge = (before: number, nowUs: number): StandingQueueVerdict => {
    const gone = queueMs() < before * (1 - tuning.drainedShare);
    pauseUs = gone ? tuning.pauseUs.first : Math.min(tuning.pauseUs.most, pauseUs * 2);
    quietUntilUs = nowUs + (gone ? 0 : pauseUs);
    if (gone) return 'drained';
    // Somebody else's queue, or a longer way: from now on this is the path.
    const standingUs = recent.min();
    base.clear();
    base.add(standingUs, nowUs);
    return 'not-ours';
  };
  return {
    onRoundTrip: (roundTripUs, nowUs) => {
      recent.add(roundTripUs, nowUs);
      base.add(roundTripUs, nowUs);
      least.add(roundTripUs, nowUs);
    },
    check: (nowUs) => {
      if (trial) {
        if (nowUs < trial.endUs) return 'none';
        const before = trial.queueMs;
        trial = undefined;
        return judge(before, nowUs);
      }
      if (nowUs < quietUntilUs || recent.count() < tuning.samples || queueMs() < tuning.queueMs) return 'none';
      trial = { queueMs: queueMs(), endUs: nowUs + tuning.trialUs + base.min() };
      recent.clear();
      return 'drain';
    },
    cancel: () => {
      trial = undefined;
    },
    get queueMs() {
      return queueMs();
    },
    get leastMs() {
      const min = least.min();
      return Number.isFinite(min) ? min / 1_000 : 0;
    },
    get draining() {
      return trial !== undefined;
    },
  };
}
