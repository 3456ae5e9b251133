import type { ProbePlan, ProbeSupply } from '../congestion.js';

/** What a probe showed. */
export interface ProbeResult {
  /** Rate that the path has carried. */
  readonly rateBps: number;
  /** Whether it carried all that was asked for, so that there may be more. */
  readonly passed: boolean;
}

/** State of the path that decides whether a probe is due. */
export interface ProbeConditions extends ProbeSupply {
  readonly targetBps: number;
  readonly maxBps: number;
  /** Whether the stream uses what it may: a probe for nobody costs delay for nothing. */
  readonly demanding: boolean;
  /** No congestion, no loss, nothing in doubt. */
  readonly quiet: boolean;
  /** Rate at which bursts come out of the path. */
  readonly trainBps: number | undefined;
  /** The same, what each of the last few showed at least. */
  readonly leastTrainBps: number | undefined;
}

/** Sends a short piece of the stream faster than the target, and looks at how it arrives. */
export interface Prober {
  /** The probe to send with the next picture, if one is due. It counts as begun. */
  take(conditions: ProbeConditions, nowUs: number): ProbePlan | undefined;
  onSent(probeId: number, bytes: number, sentUs: number): void;
  /** Fate of a packet of a probe; null for lost. */
  onArrival(probeId: number, bytes: number, arrivalUs: number | null): void;
  /** The finished probe, once. */
  result(nowUs: number): ProbeResult | undefined;
  /** The path is in trouble: no probes for a while. */
  onCongestion(trainBps: number | undefined, nowUs: number): void;
}

const tuning = {
  /** The first picture is a probe of its own; what arrives counts up to this multiple of the start rate. */
  firstFactor: 6,
  firstBytes: 24_000,
  /** Later ones ask for this multiple of the target, for this long, in at least and at most so many bytes; without padding in a picture of at least so many. */
  factor: 2,
  durationUs: 20_000,
  bytes: { least: 9_600, most: 75_000, unpadded: 6_000 },
  /** Share of its rate at which a probe counts as passed. */
  passedShare: 0.85,
  /** A probe that passed has not shown the end of the path: a little more than it proved is tried. */
  beyond: 1.1,
  /** Of what a full path carried this much is taken: the rest keeps its queue empty. */
  usedShare: 0.92,
  /** Packets that must arrive. */
  arrivedShare: 0.7,
  /** Between two probes that passed, after trouble, and the most after probes that failed one after the other. */
  nextUs: 100_000,
  pauseUs: { first: 1_500_000, most: 24_000_000 },
  /** Bursts that leave the path this much faster than at the last trouble, or since, say that it has changed: a probe comes at once. */
  faster: 1.5,
  hintUs: 300_000,
  /** Such a probe asks at once for this share of what bursts show: with what a passed probe is given beyond, that is the room of the target. */
  hintShare: 0.75,
  /** A probe without an answer is given up. */
  patienceUs: 2_000_000,
} as const;

interface Cluster {
  readonly plan: ProbePlan;
  readonly takenUs: number;
  sent: number;
  sentBytes: number;
  resolved: number;
  arrived: number;
  arrivedBytes: number;
  firstArrivedBytes: number;
  firstSentUs: number;
  lastSentUs: number;
  firstArrivalUs: number;
  lastArrivalUs: number;
}

const startCluster = (plan: ProbePlan, takenUs: number): Cluster => ({
  plan,
  takenUs,
  sent: 0,
  sentBytes: 0,
  resolved: 0,
  arrived: 0,
  arrivedBytes: 0,
  firstArrivedBytes: 0,
  firstSentUs: Number.POSITIVE_INFINITY,
  lastSentUs: Number.NEGATIVE_INFINITY,
  firstArrivalUs: Number.POSITIVE_INFINITY,
  lastArrivalUs: Number.NEGATIVE_INFINITY,
});

/** Rate that a finished cluster has shown; undefined when too much of it was lost. PURE. */
function evaluate(cluster: Cluster): ProbeResult | undefined {
  if (cluster.arrived < 5 || cluster.arrived < cluster.sent * tuning.arrivedShare) return undefined;
  const bits = (cluster.arrivedBytes - cluster.firstArrivedBytes) * 8_000_000;
  const sentBps = bits / Math.max(1, cluster.lastSentUs - cluster.firstSentUs);
  const arrivedBps = bits / Math.max(250, cluster.lastArrivalUs - cluster.firstArrivalUs);
  const rateBps = Math.min(cluster.plan.rateBps, sentBps, arrivedBps);
  const passed = arrivedBps >= tuning.passedShare * Math.min(cluster.plan.rateBps, sentBps);
  return { rateBps: rateBps * (passed ? tuning.beyond : tuning.usedShare), passed };
}

/** Creates a prober that has not sent anything. PURE apart from its memory. */
export function createProber(): Prober {
  let cluster: Cluster | undefined;
  let nextId = 1;
  let dueUs = Number.NEGATIVE_INFINITY;
  let pauseUs: number = tuning.pauseUs.first;
  let troubleTrainBps: number | undefined;
  let hintAllowedUs = Number.NEGATIVE_INFINITY;
  const pause = (nowUs: number, trainBps: number | undefined) => {
    dueUs = nowUs + pauseUs;
    hintAllowedUs = nowUs + tuning.hintUs;
    troubleTrainBps = trainBps;
  };
  const planFor = ({ targetBps, maxBps, pictureBytes, padding }: ProbeConditions, hintBps: number): ProbePlan => {
    const first = nextId === 1;
    const wantedBps = Math.max(targetBps * (first ? tuning.firstFactor : tuning.factor), hintBps * tuning.hintShare);
    // A little more than the maximum: a probe that passes proves less than it asked for.
    const rateBps = Math.min(wantedBps, targetBps * tuning.firstFactor, maxBps * 1.2);
    const wanted = first ? tuning.firstBytes : (rateBps * tuning.durationUs) / 8_000_000;
    const bytes = Math.min(tuning.bytes.most, Math.max(tuning.bytes.least, wanted));
    return { id: nextId++, rateBps, bytes: padding ? bytes : Math.min(bytes, pictureBytes) };
  };
  let lastTrainBps: number | undefined;
  return {
    take: (conditions, nowUs) => {
      lastTrainBps = conditions.trainBps;
      // The first bursts after a fall still ran at the old rate.
      if (lastTrainBps !== undefined && troubleTrainBps !== undefined) {
        troubleTrainBps = Math.min(troubleTrainBps, lastTrainBps);
      }
      if (cluster && nowUs - cluster.takenUs < tuning.patienceUs) return undefined;
      if (nextId > 1 && (conditions.targetBps >= conditions.maxBps || !conditions.demanding || !conditions.quiet)) {
        return undefined;
      }
      const { leastTrainBps = 0, padding, pictureBytes } = conditions;
      if (!padding && pictureBytes < tuning.bytes.unpadded) return undefined;
      const faster = troubleTrainBps !== undefined && leastTrainBps > tuning.faster * troubleTrainBps;
      if (nowUs < dueUs && !(faster && nowUs > hintAllowedUs)) return undefined;
      cluster = startCluster(planFor(conditions, faster ? leastTrainBps : 0), nowUs);
      return cluster.plan;
    },
    onSent: (probeId, bytes, sentUs) => {
      if (cluster?.plan.id !== probeId) return;
      cluster.sent++;
      cluster.sentBytes += bytes;
      cluster.firstSentUs = Math.min(cluster.firstSentUs, sentUs);
      cluster.lastSentUs = Math.max(cluster.lastSentUs, sentUs);
    },
    onArrival: (probeId, bytes, arrivalUs) => {
      if (cluster?.plan.id !== probeId) return;
      cluster.resolved++;
      if (arrivalUs === null) return;
      cluster.arrived++;
      cluster.arrivedBytes += bytes;
      if (arrivalUs < cluster.firstArrivalUs) {
        cluster.firstArrivalUs = arrivalUs;
        cluster.firstArrivedBytes = bytes;
      }
      cluster.lastArrivalUs = Math.max(cluster.lastArrivalUs, arrivalUs);
    },
    result: (nowUs) => {
      // Of a picture with a probe some packets may still wait in the pacer.
      if (!cluster || cluster.resolved < cluster.sent || cluster.sentBytes < cluster.plan.bytes * 0.9) return undefined;
      const result = evaluate(cluster);
      cluster = undefined;
      if (result?.passed) {
        pauseUs = tuning.pauseUs.first;
        dueUs = nowUs + tuning.nextUs;
      } else {
        pause(nowUs, lastTrainBps);
        pauseUs = Math.min(tuning.pauseUs.most, pauseUs * 2);
      }
      return result;
    },
    onCongestion: (trainBps, nowUs) => {
      pause(nowUs, trainBps);
    },
  };
}
