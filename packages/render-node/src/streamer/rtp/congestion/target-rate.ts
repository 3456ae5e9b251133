import type { CongestionOptions } from '../congestion.js';
import { createDrain, type Drain } from './drain.js';
import { createLinkCapacity, type LinkCapacity } from './link-capacity.js';

/** What is known when a queue grows. */
export interface Overuse {
  readonly ackedBps: number | undefined;
  readonly queueMs: number;
  /** The stream sends far less than it may: it is hardly the reason. */
  readonly appLimited: boolean;
  readonly rttMs: number;
  readonly nowUs: number;
}

/** What is known with each feedback. */
export interface Growth {
  readonly mayGrow: boolean;
  readonly ackedBps: number | undefined;
  /** Rate at which bursts come out of the path. */
  readonly trainBps: number | undefined;
  /** Share that the path loses without a queue. */
  readonly steadyLoss: number;
  readonly rttMs: number;
  readonly nowUs: number;
}

/** The target and the rules by which it moves. */
export interface TargetRate {
  /** In force now, less than what is thought sustainable while a queue drains. */
  readonly targetBps: number;
  readonly rembBps: number;
  readonly draining: boolean;
  /** Another flow keeps the queue full: the rules are those of TCP, more or less, until that ends. */
  readonly competing: boolean;
  /** The queue that it keeps, 0 without one. */
  readonly rivalQueueMs: number;
  onOveruse(overuse: Overuse): void;
  /** The path carries `bitsPerSecond` from now on, far less than the target. */
  onFall(bitsPerSecond: number, queueMs: number, nowUs: number): void;
  onLoss(excessLoss: number, ackedBps: number | undefined, nowUs: number): void;
  onStandingQueue(): void;
  onDrained(): void;
  /** Packets were lost; counts only while {@link competing}. */
  onLossEvent(rttMs: number, nowUs: number): void;
  /** The queue stays whatever the rate is. */
  onRival(queueMs: number, nowUs: number): void;
  /** Back to the rate before the last decrease by loss or by a standing queue. */
  restore(): void;
  onQueue(queueMs: number, ackedBps: number | undefined, nowUs: number): void;
  /** @param trainBps rate at which bursts come out of the path */
  onProbe(rateBps: number, passed: boolean, trainBps: number | undefined): void;
  onFeedback(growth: Growth): void;
  /** Multiplies the rate. */
  grow(factor: number): void;
  setRemb(bitrateBps: number): void;
  setRange(range: Pick<CongestionOptions, 'minBitrateBps' | 'maxBitrateBps'>): void;
}

const tuning = {
  /** Of what a full path carried. */
  decrease: 0.85,
  /** For a stream that is not the reason, and at most for losses. */
  gentle: 0.7,
  leastLossFactor: 0.6,
  /** Between two decreases, besides the round trip. */
  decreaseUs: 100_000,
  standing: 0.75,
  drained: 0.92,
  /** Against a flow that fills the queue: decrease by losses, growth in packets a round trip, as TCP takes 1/2 and 1. */
  rival: { decrease: 0.8, packets: 0.7, leastQueueMs: 30, queueFactor: 2 },
  /** Share of the least rate below which what arrives says that the path cannot carry it. */
  narrow: 0.95,
  /** Growth a second far from and near the capacity, and the least step: a packet each response time. */
  farGrowth: 0.08,
  /** And where bursts come out at twice the rate or more: probes may have failed for other reasons. */
  wideGrowth: 0.25,
  wide: 2,
  nearGrowth: 0.02,
  packetBits: 9_600,
  responseMs: 100,
  /**
   * No growth beyond this share of the rate at which bursts come out, which is that of the bottleneck where no other flow uses it: the fuller
   * the path, the longer a picture waits for the one before. At 0.92 of the path p95 of the delay is twice that at 0.82.
   */
  headroom: 0.82,
  /** Where that share is lost, repairs need room in between, and pictures that wait for them. */
  lossy: { headroom: 0.78, steadyLoss: 0.004, decline: 0.02 },
  /** No growth beyond this multiple of what arrived. */
  proven: 1.5,
  /** Of what arrives above the target without a queue, this much is taken for the target. */
  carried: 0.95,
  /** Longest time that one feedback stands for. */
  longestStepUs: 500_000,
} as const;

const headroomOf = (steadyLoss: number) =>
  steadyLoss < tuning.lossy.steadyLoss ? tuning.headroom : tuning.lossy.headroom;

/** Growth by one feedback; 0 when the present rate has not been proven, negative when losses ask for more room. PURE. */
function growthBps(
  rateBps: number,
  near: boolean,
  { ackedBps = 0, trainBps = 0, steadyLoss, rttMs }: Growth,
  elapsedUs: number,
): number {
  const provenBps = ackedBps * tuning.proven;
  const mostBps = trainBps > 0 ? trainBps * headroomOf(steadyLoss) : Number.POSITIVE_INFINITY;
  if (rateBps >= mostBps && steadyLoss >= tuning.lossy.steadyLoss)
    return Math.max(mostBps - rateBps, (-rateBps * tuning.lossy.decline * elapsedUs) / 1_000_000);
  if (rateBps >= provenBps || rateBps >= mostBps) return 0;
  // More arrives than was promised, as for a viewer of a stream that others pay for.
  if (ackedBps * tuning.carried > rateBps) return ackedBps * tuning.carried - rateBps;
  const seconds = elapsedUs / 1_000_000;
  const leastBps = (tuning.packetBits * 1_000 * seconds) / (rttMs + tuning.responseMs);
  const far = trainBps > rateBps * tuning.wide ? tuning.wideGrowth : tuning.farGrowth;
  const share = near ? tuning.nearGrowth : far;
  return Math.min(provenBps - rateBps, Math.max(leastBps, rateBps * share * seconds));
}

/** Mutable state of one target, shared by the functions below. */
interface State {
  readonly capacity: LinkCapacity;
  readonly drain: Drain;
  min: number;
  max: number;
  rembBps: number;
  rateBps: number;
  /** Rate before a decrease that is still on trial. */
  beforeBps: number | undefined;
  lastDecreaseUs: number;
  lastFeedbackUs: number | undefined;
}

function set(state: State, bitsPerSecond: number): void {
  const max = Math.max(state.min, Math.min(state.max, state.rembBps));
  state.rateBps = Math.min(max, Math.max(state.min, bitsPerSecond));
}

/** Whether the effect of the last decrease cannot have been seen yet. */
const tooSoon = (state: State, rttMs: number, nowUs: number) =>
  nowUs - state.lastDecreaseUs < tuning.decreaseUs + rttMs * 1_000;

function onOveruse(state: State, { ackedBps, queueMs, appLimited, rttMs, nowUs }: Overuse): void {
  const { capacity, drain, rateBps } = state;
  const { rivalQueueMs } = drain;
  const { queueFactor, leastQueueMs } = tuning.rival;
  if (rivalQueueMs !== undefined && queueMs < rivalQueueMs * queueFactor + leastQueueMs) return;
  if (tooSoon(state, rttMs, nowUs)) return;
  state.lastDecreaseUs = nowUs;
  state.beforeBps = undefined;
  drain.begin(appLimited ? 0 : queueMs, nowUs);
  if (appLimited || ackedBps === undefined) {
    set(state, Math.max(rateBps * tuning.gentle, Math.min(rateBps, (ackedBps ?? 0) * tuning.decrease)));
    return;
  }
  const { highBps = Number.POSITIVE_INFINITY, lowBps = 0 } = capacity.bounds() ?? {};
  if (ackedBps > highBps || ackedBps < lowBps) capacity.forget();
  capacity.observe(ackedBps);
  set(state, Math.min(rateBps, ackedBps * tuning.decrease));
}

function onLoss(state: State, excessLoss: number, ackedBps: number | undefined, nowUs: number): void {
  const { rateBps } = state;
  state.lastDecreaseUs = nowUs;
  state.beforeBps = rateBps;
  const lowered = rateBps * Math.max(tuning.leastLossFactor, 1 - excessLoss / 2);
  // What arrived is what the path takes, but a burst of losses is not the rate of the path.
  const carried = Math.max(rateBps * 0.5, Math.min(lowered, ackedBps ?? lowered));
  set(state, Math.min(rateBps, carried));
}

function onFeedback(state: State, growth: Growth): void {
  const { capacity, drain, rateBps } = state;
  const elapsedUs = Math.min(tuning.longestStepUs, growth.nowUs - (state.lastFeedbackUs ?? growth.nowUs));
  state.lastFeedbackUs = growth.nowUs;
  if (!growth.mayGrow || drain.active) return;
  if (drain.rivalQueueMs !== undefined) {
    // Not the measured round trip: it contains this queue, and what there is of it at the moment.
    const roundTripMs = Math.max(10, drain.rivalQueueMs);
    const perSecondBps = (tuning.rival.packets * tuning.packetBits * 1_000_000) / roundTripMs ** 2;
    if ((growth.ackedBps ?? 0) * tuning.proven > rateBps) set(state, rateBps + (perSecondBps * elapsedUs) / 1_000_000);
    return;
  }
  const bounds = capacity.bounds();
  if (bounds && (growth.ackedBps ?? 0) > bounds.highBps) capacity.forget();
  const near = bounds !== undefined && rateBps > bounds.lowBps * 0.9;
  set(state, rateBps + growthBps(rateBps, near, growth, elapsedUs));
}

function onProbe(
  { capacity, ...rest }: State,
  probedBps: number,
  passed: boolean,
  trainBps = Number.POSITIVE_INFINITY,
): number {
  if (!passed) capacity.observe(probedBps);
  else if (probedBps > (capacity.bounds()?.highBps ?? Number.POSITIVE_INFINITY)) capacity.forget();
  return Math.max(rest.rateBps, passed ? probedBps : Math.min(probedBps, trainBps * tuning.headroom));
}

/** Creates the target at its start. PURE apart from its memory. @see draft-ietf-rmcat-gcc-02 §5.5 */
export function createTargetRate(options: CongestionOptions): TargetRate {
  const state: State = {
    capacity: createLinkCapacity(),
    drain: createDrain(),
    min: options.minBitrateBps,
    max: options.maxBitrateBps,
    rembBps: Number.POSITIVE_INFINITY,
    rateBps: options.startBitrateBps,
    beforeBps: undefined,
    lastDecreaseUs: Number.NEGATIVE_INFINITY,
    lastFeedbackUs: undefined,
  };
  const { drain } = state;
  /** Takes a share of the rate before the trial back, if one is open. */
  const takeBack = (share: number) => {
    if (state.beforeBps !== undefined) set(state, Math.max(state.rateBps, state.beforeBps * share));
    state.beforeBps = undefined;
  };
  set(state, state.rateBps);
  return {
    get targetBps() {
      return Math.max(Math.min(state.min, state.rateBps), state.rateBps * drain.factor);
    },
    get rembBps() {
      return state.rembBps;
    },
    get draining() {
      return drain.active;
    },
    get rivalQueueMs() {
      return drain.rivalQueueMs ?? 0;
    },
    get competing() {
      return drain.rivalQueueMs !== undefined;
    },
    onOveruse: (overuse) => onOveruse(state, overuse),
    onFall: (bitsPerSecond, queueMs, nowUs) => {
      state.lastDecreaseUs = nowUs;
      state.beforeBps = undefined;
      state.capacity.forget();
      state.capacity.observe(bitsPerSecond);
      drain.begin(queueMs, nowUs);
      set(state, bitsPerSecond * tuning.decrease);
    },
    onLoss: (excessLoss, ackedBps, nowUs) => onLoss(state, excessLoss, ackedBps, nowUs),
    onLossEvent: (rttMs, nowUs) => {
      if (drain.rivalQueueMs === undefined || tooSoon(state, rttMs, nowUs)) return;
      state.lastDecreaseUs = nowUs;
      set(state, state.rateBps * tuning.rival.decrease);
    },
    onRival: drain.giveUp,
    onStandingQueue: () => {
      state.beforeBps = state.rateBps;
      set(state, state.rateBps * tuning.standing);
    },
    onDrained: () => takeBack(tuning.drained),
    restore: () => takeBack(1),
    onQueue: (queueMs, ackedBps, nowUs) => {
      // A path that carries less than the least rate always has a queue, and it is ours.
      const tooNarrow = (ackedBps ?? state.min) < state.min * tuning.narrow && state.rateBps < state.min * 2;
      drain.update(queueMs, nowUs, tooNarrow);
    },
    onProbe: (probedBps, passed, trainBps) => set(state, onProbe(state, probedBps, passed, trainBps)),
    onFeedback: (growth) => onFeedback(state, growth),
    grow: (factor) => set(state, state.rateBps * factor),
    setRemb: (bitrateBps) => {
      state.rembBps = bitrateBps;
      set(state, state.rateBps);
    },
    setRange: ({ minBitrateBps, maxBitrateBps }) => {
      Object.assign(state, { min: minBitrateBps, max: maxBitrateBps });
      set(state, state.rateBps);
    },
  };
}
