import { assertNever } from '@cloudstage/protocol';
import type { CongestionController, CongestionFeedback, CongestionOptions } from '../congestion.js';
import type { PacketArrival } from '../transport-feedback.js';
import { createDelayPath, type DelayPath } from './delay-path.js';
import { createLossBound, type LossBound } from './loss-bound.js';
import { createProber, type ProbeResult, type Prober } from './probe.js';
import { createSentPackets, type SentPackets } from './sent-packets.js';
import { createStandingQueue, type StandingQueue } from './standing-queue.js';
import { createTargetRate, type TargetRate } from './target-rate.js';

const tuning = {
  /** Share of the target that must arrive for the rate to count as used. */
  usedShare: 0.6,
  /** Time over which the sent rate is smoothed. */
  sentWindowUs: 300_000,
  /** Silence while packets are in flight, after which the path counts as congested, and the pause between two steps then. */
  silenceUs: 1_500_000,
  silenceStepUs: 300_000,
  silenceFactor: 0.8,
  /** Delay on top of round trip and feedback interval that may be in flight before pictures are left out. */
  allowanceMs: 100,
  /** With this much delay under all packets, losses may be those of a full queue. */
  queuedMs: 20,
  /** Never blocked below this: ten packets. */
  leastWindowBytes: 12_000,
  /** What feedback has not named after this is gone: a path without feedback must not block for ever. */
  forgottenUs: 1_000_000,
  /** Feedback intervals of browsers. */
  feedbackMs: { first: 100, least: 50, most: 250 },
  /** Pictures are spread at this multiple of the target, or at what the path was seen to carry. */
  pacingFactor: 2.5,
  pacingTrainShare: 0.9,
  /** Rates taken from what the other side says of itself when it knows no transport-wide feedback. */
  reportLoss: { congested: 0.1, quiet: 0.05 },
  reportGrowth: 1.2,
} as const;

/** The parts of one controller. */
interface Parts {
  readonly sent: SentPackets;
  readonly delay: DelayPath;
  readonly loss: LossBound;
  readonly standing: StandingQueue;
  readonly prober: Prober;
  readonly rate: TargetRate;
}

interface State {
  maxBps: number;
  rttMs: number;
  sentBps: number;
  lastSentUs: number;
  firstSentUs: number | undefined;
  lastFeedbackUs: number | undefined;
  lastSilenceStepUs: number;
  feedbackMs: number;
  hasArrivals: boolean;
  /** Sending time of the newest packet that arrived: what was sent before is not under way, whether or not feedback named it. */
  newestArrivedUs: number;
}

function takeArrivals(parts: Parts, arrivals: readonly PacketArrival[], nowUs: number) {
  let received = 0;
  let lost = 0;
  let newestSentUs = Number.NEGATIVE_INFINITY;
  for (const { sequenceNumber, arrivalUs } of arrivals) {
    const packet = parts.sent.find(sequenceNumber);
    if (!packet) continue;
    if (arrivalUs === null) {
      if (packet.missing) continue;
      lost++;
      packet.missing = true;
      parts.sent.land(packet);
      if (packet.probeId !== undefined) parts.prober.onArrival(packet.probeId, packet.bytes, null);
      continue;
    }
    // Overtaken on the way, not lost.
    if (packet.missing) lost--;
    else {
      if (packet.probeId !== undefined) parts.prober.onArrival(packet.probeId, packet.bytes, arrivalUs);
      newestSentUs = Math.max(newestSentUs, packet.sentUs);
    }
    received++;
    parts.sent.remove(packet);
    parts.delay.add({ sentUs: packet.sentUs, arrivalUs, bytes: packet.bytes });
  }
  if (Number.isFinite(newestSentUs)) parts.standing.onRoundTrip(nowUs - newestSentUs, nowUs);
  return { received, lost, newestSentUs };
}

function applyProbe({ rate, delay, loss, prober }: Parts, result: ProbeResult, nowUs: number): void {
  if (delay.use() === 'over') prober.onCongestion(delay.trainBps(), nowUs);
  else if (loss.mayGrow) rate.onProbe(result.rateBps, result.passed, delay.trainBps());
}

/** Losses first, then the queue that grows, then the queue that stands; growth only when none of them objects. */
function decide(parts: Parts, state: State, received: number, lost: number, nowUs: number): void {
  const { delay, loss, standing, prober, rate } = parts;
  const isQueued = delay.use() === 'over' || delay.queueMs() > tuning.queuedMs || rate.draining || rate.competing;
  const lossVerdict = loss.onFeedback(received, lost, nowUs, state.rttMs, isQueued);
  if (lossVerdict === 'decrease' && !rate.competing)
    rate.onLoss(loss.loss - loss.inherentLoss, delay.ackedBps(), nowUs);
  if (lossVerdict === 'restore') rate.restore();
  const use = delay.use();
  const fallenBps = rate.competing ? undefined : delay.fallenBps(rate.targetBps);
  if (fallenBps !== undefined) {
    prober.onCongestion(fallenBps, nowUs);
    rate.onFall(fallenBps, delay.queueMs(), nowUs);
  } else if (use === 'over') {
    prober.onCongestion(delay.trainBps(), nowUs);
    const appLimited = state.sentBps < tuning.usedShare * rate.targetBps;
    rate.onOveruse({ ackedBps: delay.ackedBps(), queueMs: delay.queueMs(), appLimited, rttMs: state.rttMs, nowUs });
  }
  if (lost > 0) rate.onLossEvent(state.rttMs, nowUs);
  // Against another flow there is always a queue, and emptying it is not in our power.
  if (rate.competing) standing.cancel();
  const standingVerdict = rate.competing ? 'none' : standing.check(nowUs);
  if (standingVerdict === 'drain') {
    prober.onCongestion(delay.trainBps(), nowUs);
    rate.onStandingQueue();
  } else if (standingVerdict === 'drained') rate.onDrained();
  else if (standingVerdict === 'not-ours') {
    delay.acceptDelay();
    rate.restore();
    rate.onRival(standing.queueMs, nowUs);
  }
  rate.onQueue(delay.queueMs(), delay.steadyAckedBps(), nowUs);
  const result = prober.result(nowUs);
  if (result) applyProbe(parts, result, nowUs);
  const mayGrow =
    (use === 'normal' || rate.competing) && !standing.draining && loss.mayGrow && lossVerdict !== 'decrease';
  const { steadyLoss } = loss;
  const [ackedBps, trainBps] = [delay.steadyAckedBps(), delay.trainBps()];
  rate.onFeedback({ mayGrow, ackedBps, trainBps, steadyLoss, rttMs: state.rttMs, nowUs });
}

/** A peer without transport-wide feedback: its receiver reports are all there is. */
function takeReport({ rate }: Parts, fractionLost: number, nowUs: number): void {
  if (fractionLost > tuning.reportLoss.congested) rate.onLoss(fractionLost, undefined, nowUs);
  else if (fractionLost < tuning.reportLoss.quiet) rate.grow(tuning.reportGrowth);
}

function stepOnSilence({ rate, prober }: Parts, state: State, nowUs: number): void {
  const heardUs = state.lastFeedbackUs ?? state.firstSentUs;
  if (heardUs === undefined || nowUs - heardUs < tuning.silenceUs) return;
  if (nowUs - state.lastSentUs > tuning.silenceUs || nowUs - state.lastSilenceStepUs < tuning.silenceStepUs) return;
  state.lastSilenceStepUs = nowUs;
  prober.onCongestion(undefined, nowUs);
  rate.grow(tuning.silenceFactor);
}

function noteFeedbackTime(state: State, nowUs: number): void {
  const { least, most } = tuning.feedbackMs;
  const intervalMs = Math.min(most, Math.max(least, (nowUs - (state.lastFeedbackUs ?? nowUs)) / 1_000));
  state.feedbackMs = state.feedbackMs * 0.8 + intervalMs * 0.2;
  state.lastFeedbackUs = nowUs;
}

function takeFeedback(parts: Parts, state: State, feedback: CongestionFeedback, nowUs: number): void {
  switch (feedback.type) {
    case 'arrivals': {
      noteFeedbackTime(state, nowUs);
      state.hasArrivals = true;
      const { received, lost, newestSentUs } = takeArrivals(parts, feedback.arrivals, nowUs);
      state.newestArrivedUs = Math.max(state.newestArrivedUs, newestSentUs);
      decide(parts, state, received, lost, nowUs);
      break;
    }
    case 'remb':
      parts.rate.setRemb(feedback.bitrateBps);
      break;
    case 'report':
      if (feedback.rttMs !== undefined) state.rttMs = feedback.rttMs;
      if (state.hasArrivals) break;
      state.lastFeedbackUs = nowUs;
      takeReport(parts, feedback.fractionLost, nowUs);
      break;
    default:
      assertNever(feedback, 'congestion feedback');
  }
}

/** More is under way than the path takes in a round trip, the time until feedback comes, and a little. */
function isBlocked({ rate, sent, standing }: Parts, state: State, nowUs: number): boolean {
  const roundTripMs = standing.leastMs + rate.rivalQueueMs + state.feedbackMs + tuning.allowanceMs;
  const windowBytes = Math.max(tuning.leastWindowBytes, (rate.targetBps * roundTripMs) / 8_000);
  const sinceUs = Math.max(nowUs - tuning.forgottenUs, state.newestArrivedUs);
  return sent.inFlightBytes(sinceUs) > windowBytes;
}

function createState(options: CongestionOptions): State {
  return {
    maxBps: options.maxBitrateBps,
    rttMs: 0,
    sentBps: 0,
    lastSentUs: 0,
    firstSentUs: undefined,
    lastFeedbackUs: undefined,
    lastSilenceStepUs: Number.NEGATIVE_INFINITY,
    feedbackMs: tuning.feedbackMs.first,
    hasArrivals: false,
    newestArrivedUs: Number.NEGATIVE_INFINITY,
  };
}

/**
 * Congestion control on delay, loss and probes, in the manner of Google congestion control. docs/internals/media-pipeline.md says what differs
 * and why.
 * @see draft-ietf-rmcat-gcc-02
 */
export function createCongestionController(options: CongestionOptions): CongestionController {
  const parts: Parts = {
    sent: createSentPackets(),
    delay: createDelayPath(),
    loss: createLossBound(),
    standing: createStandingQueue(),
    prober: createProber(),
    rate: createTargetRate(options),
  };
  const state = createState(options);
  return {
    onSent: (packet) => {
      parts.sent.add(packet);
      if (packet.probeId !== undefined) parts.prober.onSent(packet.probeId, packet.bytes, packet.sentUs);
      const decay = Math.exp(-Math.max(0, packet.sentUs - state.lastSentUs) / tuning.sentWindowUs);
      state.sentBps = state.sentBps * decay + (packet.bytes * 8_000_000) / tuning.sentWindowUs;
      state.lastSentUs = packet.sentUs;
      state.firstSentUs ??= packet.sentUs;
    },
    onFeedback: (feedback, nowUs) => takeFeedback(parts, state, feedback, nowUs),
    targetBitrateBps: (nowUs) => {
      stepOnSilence(parts, state, nowUs);
      return Math.round(parts.rate.targetBps);
    },
    pacingBitrateBps: () =>
      Math.max(
        parts.rate.targetBps * tuning.pacingFactor,
        parts.delay.use() === 'over' ? 0 : (parts.delay.trainBps() ?? 0) * tuning.pacingTrainShare,
      ),
    takeProbe: (nowUs, supply) =>
      parts.prober.take(
        {
          targetBps: parts.rate.targetBps,
          maxBps: Math.min(state.maxBps, parts.rate.rembBps),
          demanding: state.sentBps > tuning.usedShare * parts.rate.targetBps,
          quiet:
            parts.delay.use() === 'normal' &&
            parts.loss.mayGrow &&
            !parts.standing.draining &&
            !parts.rate.draining &&
            !parts.rate.competing,
          trainBps: parts.delay.trainBps(),
          leastTrainBps: parts.delay.leastTrainBps(),
          ...supply,
        },
        nowUs,
      ),
    isBlocked: (nowUs) => state.hasArrivals && isBlocked(parts, state, nowUs),
    setRange: (range) => {
      state.maxBps = range.maxBitrateBps;
      parts.rate.setRange(range);
    },
    get rttMs() {
      return state.rttMs;
    },
    path: () => ({
      use: parts.delay.use(),
      queueMs: parts.delay.queueMs(),
      loss: parts.loss.loss,
      inherentLoss: parts.loss.inherentLoss,
      steadyLoss: parts.loss.steadyLoss,
      inFlightBytes: parts.sent.inFlightBytes(Number.NEGATIVE_INFINITY),
      competing: parts.rate.competing,
    }),
  };
}
