import type { PacketArrival } from './transport-feedback.js';

/** One packet of the stream as it went out; audio and retransmissions count as well. */
export interface SentPacket {
  /** Transport-wide sequence number. */
  readonly sequenceNumber: number;
  readonly bytes: number;
  readonly sentUs: number;
}

/** What the network told about packets sent before. */
export type CongestionFeedback =
  | { readonly type: 'arrivals'; readonly arrivals: readonly PacketArrival[] }
  | { readonly type: 'report'; readonly fractionLost: number; readonly rttMs: number | undefined }
  | { readonly type: 'remb'; readonly bitrateBps: number };

/**
 * Decides how many bits a second one peer's path can take. PURE apart from its own memory: time comes in as arguments
 * (microseconds of any monotonic clock).
 */
export interface CongestionController {
  onSent(packet: SentPacket): void;
  onFeedback(feedback: CongestionFeedback, nowUs: number): void;
  targetBitrateBps(nowUs: number): number;
  /** New range; the target moves into it. */
  setRange(range: Pick<CongestionOptions, 'minBitrateBps' | 'maxBitrateBps'>): void;
  /** Last round trip, 0 while unknown. */
  readonly rttMs: number;
}

/** Range and start of a controller. */
export interface CongestionOptions {
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
  readonly startBitrateBps: number;
}

/** Tuning of the AIMD controller. */
const tuning = {
  /** Sent packets remembered; more than the feedback of several round trips. */
  sentPackets: 8_192,
  /** Queueing delay above the path's minimum that counts as congestion; browsers batch feedback, loopback jitter is ≈ 5 ms. */
  congestedDelayMs: 45,
  /** The smallest delay seen is forgotten after this, as routes change. */
  baseWindowUs: 10_000_000,
  /** Loss that is congestion, and loss below which the rate may grow. */
  congestedLoss: 0.1,
  quietLoss: 0.02,
  decrease: 0.8,
  /** Growth a second before the first congestion, and after it. */
  slowStartPerSecond: 1,
  growthPerSecond: 0.08,
  /** Between two decreases: the effect of one must be seen before the next. */
  decreaseIntervalUs: 250_000,
  /** Growth needs proof: at least this share of the target must have been sent lately. */
  usedShare: 0.5,
  /** Silence while packets are in flight, after which the path counts as congested. */
  feedbackTimeoutUs: 1_500_000,
} as const;

interface State {
  minBitrateBps: number;
  maxBitrateBps: number;
  targetBps: number;
  slowStart: boolean;
  rttMs: number;
  rembBps: number;
  baseDelayUs: number;
  baseDelayAtUs: number;
  queueDelayMs: number;
  loss: number;
  lastDecreaseUs: number;
  lastUpdateUs: number | undefined;
  lastFeedbackUs: number | undefined;
  lastSentUs: number;
  /** Exponentially smoothed rate of what was sent. */
  sentBps: number;
}

/** Time over which the sent rate is smoothed. */
const rateWindowUs = 500_000;

function takeSent(state: State, packet: SentPacket): void {
  const decay = Math.exp(-Math.max(0, packet.sentUs - state.lastSentUs) / rateWindowUs);
  state.sentBps = state.sentBps * decay + (packet.bytes * 8 * 1_000_000) / rateWindowUs;
  state.lastSentUs = packet.sentUs;
}

function clampTarget(state: State): void {
  const ceiling = Math.max(state.minBitrateBps, Math.min(state.maxBitrateBps, state.rembBps));
  state.targetBps = Math.min(ceiling, Math.max(state.minBitrateBps, state.targetBps));
}

function decrease(state: State, factor: number, nowUs: number): void {
  if (nowUs - state.lastDecreaseUs < tuning.decreaseIntervalUs + state.rttMs * 1_000) return;
  state.lastDecreaseUs = nowUs;
  state.slowStart = false;
  state.targetBps *= factor;
  clampTarget(state);
}

function adapt(state: State, nowUs: number): void {
  const elapsedUs = Math.min(1_000_000, nowUs - (state.lastUpdateUs ?? nowUs));
  state.lastUpdateUs = nowUs;
  if (state.loss > tuning.congestedLoss) {
    decrease(state, 1 - state.loss / 2, nowUs);
    return;
  }
  if (state.queueDelayMs > tuning.congestedDelayMs) {
    decrease(state, tuning.decrease, nowUs);
    return;
  }
  if (state.loss > tuning.quietLoss || state.sentBps < state.targetBps * tuning.usedShare) return;
  const rate = state.slowStart ? tuning.slowStartPerSecond : tuning.growthPerSecond;
  state.targetBps *= 1 + rate * (elapsedUs / 1_000_000);
  clampTarget(state);
}

function takeDelay(state: State, delayUs: number, nowUs: number): void {
  if (delayUs < state.baseDelayUs || nowUs - state.baseDelayAtUs > tuning.baseWindowUs) {
    state.baseDelayUs = delayUs;
    state.baseDelayAtUs = nowUs;
  }
  const queueMs = (delayUs - state.baseDelayUs) / 1_000;
  state.queueDelayMs = state.queueDelayMs * 0.9 + queueMs * 0.1;
}

/** Additive-increase style controller on one-way delay and loss; the simplest that yields to a bottleneck and recovers. */
export function createAimdController(options: CongestionOptions): CongestionController {
  const sent = new Map<number, SentPacket>();
  const state: State = {
    minBitrateBps: options.minBitrateBps,
    maxBitrateBps: options.maxBitrateBps,
    targetBps: options.startBitrateBps,
    slowStart: true,
    rttMs: 0,
    rembBps: Number.POSITIVE_INFINITY,
    baseDelayUs: Number.POSITIVE_INFINITY,
    baseDelayAtUs: 0,
    queueDelayMs: 0,
    loss: 0,
    lastDecreaseUs: Number.NEGATIVE_INFINITY,
    lastUpdateUs: undefined,
    lastFeedbackUs: undefined,
    lastSentUs: 0,
    sentBps: 0,
  };
  clampTarget(state);
  const onArrivals = (arrivals: readonly PacketArrival[], nowUs: number) => {
    let lost = 0;
    let known = 0;
    for (const { sequenceNumber, arrivalUs } of arrivals) {
      const packet = sent.get(sequenceNumber);
      if (!packet) continue;
      known++;
      if (arrivalUs === null) {
        lost++;
        continue;
      }
      sent.delete(sequenceNumber);
      takeDelay(state, arrivalUs - packet.sentUs, nowUs);
    }
    if (known > 0) state.loss = state.loss * 0.7 + (lost / known) * 0.3;
  };
  return {
    onSent: (packet) => {
      sent.delete(packet.sequenceNumber);
      sent.set(packet.sequenceNumber, packet);
      takeSent(state, packet);
      if (sent.size <= tuning.sentPackets) return;
      const oldest = sent.keys().next();
      if (!oldest.done) sent.delete(oldest.value);
    },
    onFeedback: (feedback, nowUs) => {
      state.lastFeedbackUs = nowUs;
      if (feedback.type === 'arrivals') onArrivals(feedback.arrivals, nowUs);
      else if (feedback.type === 'remb') {
        state.rembBps = feedback.bitrateBps;
        clampTarget(state);
      } else {
        if (feedback.rttMs !== undefined) state.rttMs = feedback.rttMs;
        state.loss = state.loss * 0.7 + feedback.fractionLost * 0.3;
      }
      adapt(state, nowUs);
    },
    targetBitrateBps: (nowUs) => {
      const silentUs = nowUs - (state.lastFeedbackUs ?? nowUs);
      const sending = nowUs - state.lastSentUs < tuning.feedbackTimeoutUs;
      if (sending && silentUs > tuning.feedbackTimeoutUs) decrease(state, tuning.decrease, nowUs);
      return Math.round(state.targetBps);
    },
    setRange: ({ minBitrateBps, maxBitrateBps }) => {
      state.minBitrateBps = minBitrateBps;
      state.maxBitrateBps = maxBitrateBps;
      clampTarget(state);
    },
    get rttMs() {
      return state.rttMs;
    },
  };
}
