/** What losses ask for. `restore`: the last decrease did not change them, so that they are not made by our rate. */
export type LossVerdict = 'none' | 'hold' | 'decrease' | 'restore';

/** Decides from losses where the delay says nothing: short queues, policers. */
export interface LossBound {
  /** Packets that feedback told about. @param queued there is a queue, which may have dropped what was lost */
  onFeedback(received: number, lost: number, nowUs: number, rttMs: number, queued?: boolean): LossVerdict;
  /** Whether the rate may grow. */
  readonly mayGrow: boolean;
  /** Smoothed share lost, and the part of it that the path loses at any rate. */
  readonly loss: number;
  readonly inherentLoss: number;
  /** The same over several seconds, sooner up than down, without a queue: what repairs had better be ready for. */
  readonly steadyLoss: number;
}

const tuning = {
  /** A sample is at least this long and has this many packets; a slow stream takes what came within the longer time. */
  sampleUs: 200_000,
  longestSampleUs: 1_000_000,
  samplePackets: 40,
  /** Loss above what the path loses anyway that is congestion, and that stops growth. The draft has 10 % and 2 %. */
  congested: 0.1,
  quiet: 0.05,
  /** After a decrease this much time, and the round trip, passes before its effect is judged. */
  trialUs: 600_000,
  /** Losses that are still this share of what they were are not ours. */
  unchanged: 0.6,
  mostInherent: 0.35,
  /** Weights of a new sample. */
  steady: { up: 0.15, down: 0.04 },
} as const;

/**
 * A decrease is an experiment: when losses stay although the rate fell, they belong to the path (radio), are left out from then on, and the
 * rate comes back. PURE apart from its memory.
 * @see draft-ietf-rmcat-gcc-02 §6
 */
export function createLossBound(): LossBound {
  let sample = { received: 0, lost: 0, startUs: undefined as number | undefined };
  let loss = 0;
  let inherent = 0;
  let steady = 0;
  let trial: { readonly lossBefore: number; readonly endUs: number } | undefined;
  const judge = (now: number, nowUs: number, rttMs: number): LossVerdict => {
    if (trial) {
      if (nowUs < trial.endUs) return 'hold';
      const unchanged = loss > tuning.unchanged * trial.lossBefore;
      trial = undefined;
      if (unchanged) {
        inherent = Math.min(tuning.mostInherent, loss);
        return 'restore';
      }
    }
    if (loss - inherent > tuning.congested) {
      trial = { lossBefore: Math.max(loss, now), endUs: nowUs + tuning.trialUs + rttMs * 1_000 };
      return 'decrease';
    }
    return loss - inherent > tuning.quiet ? 'hold' : 'none';
  };
  return {
    onFeedback: (received, lost, nowUs, rttMs, queued = false) => {
      sample.startUs ??= nowUs;
      sample.received += received;
      sample.lost += lost;
      const packets = sample.received + sample.lost;
      const ageUs = nowUs - sample.startUs;
      if (packets < 10 || ageUs < tuning.sampleUs) return 'none';
      if (packets < tuning.samplePackets && ageUs < tuning.longestSampleUs) return 'none';
      const now = Math.max(0, sample.lost) / packets;
      sample = { received: 0, lost: 0, startUs: nowUs };
      loss = loss * 0.5 + now * 0.5;
      if (now < steady || !queued) steady += (now - steady) * (now > steady ? tuning.steady.up : tuning.steady.down);
      if (now < inherent) inherent += (now - inherent) * 0.05;
      return judge(now, nowUs, rttMs);
    },
    get mayGrow() {
      return trial === undefined && loss - inherent <= tuning.quiet;
    },
    get loss() {
      return loss;
    },
    get inherentLoss() {
      return inherent;
    },
    get steadyLoss() {
      return steady;
    },
  };
}
