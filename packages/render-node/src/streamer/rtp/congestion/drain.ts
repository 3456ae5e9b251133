/** Empties a queue by sending less for a while, and notices when that does not help. */
export interface Drain {
  begin(queueMs: number, nowUs: number): void;
  /** With each feedback. @param ours the queue is known to be our own: no other flow is suspected */
  update(queueMs: number, nowUs: number, ours: boolean): void;
  /** The queue is another flow's: do not try again for a while. */
  giveUp(queueMs: number, nowUs: number): void;
  readonly active: boolean;
  /** Share of the rate to use. */
  readonly factor: number;
  /** Queue that another flow keeps, while it is thought to do so. */
  readonly rivalQueueMs: number | undefined;
}

const tuning = {
  /** A queue is to be gone within about this time, at no less than this share of the rate. */
  drainMs: 350,
  leastFactor: 0.4,
  drainedMs: 12,
  /** After this it is looked at; if this share is gone, draining goes on. */
  trialUs: 1_200_000,
  goneShare: 0.3,
  /** How long another flow is believed in after the last sign of it, and how long at least the queue must be empty to stop believing. */
  rivalUs: 15_000_000,
  emptyUs: 1_500_000,
} as const;

/** Creates a drain at rest. PURE apart from its memory. */
export function createDrain(): Drain {
  let trial: { readonly queueMs: number; readonly endUs: number } | undefined;
  let factor = 1;
  let rival: { readonly queueMs: number; readonly untilUs: number } | undefined;
  let emptySinceUs: number | undefined;
  const factorFor = (queueMs: number) => Math.min(1, Math.max(tuning.leastFactor, 1 - queueMs / tuning.drainMs));
  const giveUp = (queueMs: number, nowUs: number) => {
    trial = undefined;
    factor = 1;
    rival = { queueMs, untilUs: nowUs + tuning.rivalUs };
  };
  const watchRival = (queueMs: number, nowUs: number) => {
    emptySinceUs = queueMs > tuning.drainedMs ? undefined : (emptySinceUs ?? nowUs);
    const empty = emptySinceUs !== undefined && nowUs - emptySinceUs > tuning.emptyUs;
    if (rival && (nowUs > rival.untilUs || empty)) rival = undefined;
  };
  return {
    begin: (queueMs, nowUs) => {
      trial ??= { queueMs, endUs: nowUs + tuning.trialUs };
      factor = factorFor(queueMs);
      rival = undefined;
    },
    update: (queueMs, nowUs, ours) => {
      if (ours) rival = undefined;
      watchRival(queueMs, nowUs);
      if (!trial) return;
      if (queueMs <= tuning.drainedMs) trial = undefined;
      else if (nowUs >= trial.endUs) {
        if (!ours && queueMs > trial.queueMs * (1 - tuning.goneShare)) {
          giveUp(queueMs, nowUs);
          return;
        }
        trial = { queueMs, endUs: nowUs + tuning.trialUs };
      }
      factor = trial ? factorFor(queueMs) : 1;
    },
    giveUp,
    get active() {
      return trial !== undefined;
    },
    get factor() {
      return factor;
    },
    get rivalQueueMs() {
      return rival?.queueMs;
    },
  };
}
