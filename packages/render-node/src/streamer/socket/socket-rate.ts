import type { CongestionOptions } from '../rtp/congestion.js';
import { socketLimits } from './limits.js';

/** Tuning of the controller. */
const tuning = {
  /** A picture would wait when more is under way than this much time's worth at the target rate, beyond the round trip. */
  backlogUs: 100_000,
  /** Least backlog that is tolerated: at low rates a single picture is longer than the time above. */
  backlogBytes: 32_768,
  /** At this many times that backlog even pictures that were made for this path alone are left out. */
  jam: 2,
  /** A key frame may be this many times as long as the last one without being taken for a jam. */
  keyFrameShare: 1.5,
  /** Delay above the path's least one at which the rate falls, and below which it may grow. */
  congestedUs: 80_000,
  quietUs: 30_000,
  decrease: 0.85,
  /** Growth a second before the first decrease, and after it. */
  slowStartPerSecond: 1,
  growthPerSecond: 0.1,
  /** Between two decreases: the effect of one must be seen before the next. */
  decreaseIntervalUs: 300_000,
  /** Growth needs proof: this share of the target must have been sent lately. */
  usedShare: 0.5,
  /** Time over which sent and delivered rates are measured. */
  rateWindowUs: 500_000,
  /** The least delay seen is forgotten after one to two of these, as routes change. */
  baseWindowUs: 10_000_000,
} as const;

/**
 * Congestion control of one WebSocket. TCP takes care of the network; this keeps the queue in front of it short: the client
 * acknowledges what has arrived, so the age of the newest acknowledged message tells how long messages wait. PURE apart
 * from its own memory: time comes in as microseconds of any monotonic clock.
 */
export interface SocketRate {
  onSent(bytes: number, nowUs: number, keyFrame?: boolean): void;
  /** `total` is the client's count of received bytes modulo 2³². Impossible counts are ignored. */
  onReceived(total: number, nowUs: number): void;
  /** Whether another picture may be sent, or would only wait. */
  readonly accepts: boolean;
  /** So much waits that nothing may be added. */
  readonly jammed: boolean;
  /** Enough has drained that a key frame is worth asking for. */
  readonly drained: boolean;
  /** Bytes sent that have not arrived. */
  readonly backlogBytes: number;
  readonly targetBitrateBps: number;
  /** New range; the target moves into it. */
  setRange(range: Pick<CongestionOptions, 'minBitrateBps' | 'maxBitrateBps'>): void;
  /** Time from sending to the acknowledgement, less the time spent waiting: the least one seen. 0 while unknown. */
  readonly rttMs: number;
}

/** Counts bytes over the last window. */
function createRateMeter(windowUs: number) {
  const entries: { readonly atUs: number; readonly bytes: number }[] = [];
  let sum = 0;
  return {
    add(bytes: number, nowUs: number): void {
      entries.push({ atUs: nowUs, bytes });
      sum += bytes;
      while ((entries[0]?.atUs ?? nowUs) < nowUs - windowUs || entries.length > socketLimits.sentMessages) {
        sum -= entries.shift()?.bytes ?? 0;
      }
    },
    bitsPerSecond: () => (sum * 8 * 1_000_000) / windowUs,
  };
}

/** Least value of the last one to two windows. */
function createLeast(windowUs: number) {
  let previous = Number.POSITIVE_INFINITY;
  let current = Number.POSITIVE_INFINITY;
  let windowStartUs = 0;
  return {
    add(value: number, nowUs: number): void {
      if (nowUs - windowStartUs > windowUs) {
        previous = current;
        current = Number.POSITIVE_INFINITY;
        windowStartUs = nowUs;
      }
      current = Math.min(current, value);
    },
    get: () => Math.min(previous, current),
  };
}

/** Creates the controller of one connection. */
export function createSocketRate(options: CongestionOptions): SocketRate {
  let range: Pick<CongestionOptions, 'minBitrateBps' | 'maxBitrateBps'> = options;
  const clamp = (bps: number) => Math.min(range.maxBitrateBps, Math.max(range.minBitrateBps, bps));
  let targetBps = clamp(options.startBitrateBps);
  /** Messages on their way, oldest first; `end` counts bytes from the beginning. */
  const flying: { readonly end: number; readonly sentUs: number }[] = [];
  const sent = createRateMeter(tuning.rateWindowUs);
  const delivered = createRateMeter(tuning.rateWindowUs);
  const leastUs = createLeast(tuning.baseWindowUs);
  let sentBytes = 0;
  let receivedBytes = 0;
  let keyFrameBytes = 0;
  let slowStart = true;
  let lastDecreaseUs = Number.NEGATIVE_INFINITY;
  let lastReceivedUs: number | undefined;

  const rttUs = () => (Number.isFinite(leastUs.get()) ? leastUs.get() : 0);
  const boundBytes = () => {
    const perUs = targetBps / 8 / 1_000_000;
    const time = perUs * tuning.backlogUs;
    return perUs * rttUs() + Math.max(time, keyFrameBytes * tuning.keyFrameShare, tuning.backlogBytes);
  };

  function adapt(queueUs: number, nowUs: number): void {
    const elapsedUs = Math.min(nowUs - (lastReceivedUs ?? nowUs), tuning.rateWindowUs);
    lastReceivedUs = nowUs;
    if (queueUs > tuning.congestedUs) {
      if (nowUs - lastDecreaseUs < tuning.decreaseIntervalUs) return;
      lastDecreaseUs = nowUs;
      slowStart = false;
      targetBps = clamp(tuning.decrease * Math.min(targetBps, delivered.bitsPerSecond()));
    } else if (queueUs < tuning.quietUs && sent.bitsPerSecond() >= tuning.usedShare * targetBps) {
      const perSecond = slowStart ? tuning.slowStartPerSecond : tuning.growthPerSecond;
      targetBps = clamp(targetBps * (1 + (perSecond * elapsedUs) / 1_000_000));
    }
  }

  return {
    onSent(bytes, nowUs, keyFrame = false) {
      sentBytes += bytes;
      if (keyFrame) keyFrameBytes = bytes;
      sent.add(bytes, nowUs);
      flying.push({ end: sentBytes, sentUs: nowUs });
      if (flying.length > socketLimits.sentMessages) flying.shift();
    },
    onReceived(total, nowUs) {
      // The client's count lies between what it told before and what was sent.
      const advance = (total - receivedBytes) >>> 0;
      if (advance === 0 || receivedBytes + advance > sentBytes) return;
      receivedBytes += advance;
      delivered.add(advance, nowUs);
      let delayUs: number | undefined;
      for (let first = flying[0]; first !== undefined && first.end <= receivedBytes; first = flying[0]) {
        delayUs = nowUs - first.sentUs;
        flying.shift();
      }
      if (delayUs === undefined) return;
      leastUs.add(delayUs, nowUs);
      adapt(delayUs - leastUs.get(), nowUs);
    },
    get accepts() {
      return sentBytes - receivedBytes <= boundBytes();
    },
    get jammed() {
      return sentBytes - receivedBytes > tuning.jam * boundBytes();
    },
    get drained() {
      return sentBytes - receivedBytes <= boundBytes() / 2;
    },
    get backlogBytes() {
      return sentBytes - receivedBytes;
    },
    get targetBitrateBps() {
      return targetBps;
    },
    setRange(next) {
      range = next;
      targetBps = clamp(targetBps);
    },
    get rttMs() {
      return rttUs() / 1_000;
    },
  };
}
