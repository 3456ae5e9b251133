import { createAckedBitrate } from './acked-bitrate.js';
import { type ArrivedPacket, createArrivalGroups } from './arrival-groups.js';
import { createOveruseDetector, type PathUse } from './overuse-detector.js';
import { createSlowTrain } from './slow-train.js';
import { createTrendline } from './trendline.js';
import { createWindowedMin } from './windowed-min.js';

/** What arrivals say of the path. */
export interface DelayPath {
  add(packet: ArrivedPacket): void;
  use(): PathUse;
  /** Least delay of the packets that came last above the least delay of the path, in milliseconds. */
  queueMs(): number;
  /** Rate of arrivals lately: what a full path carries. */
  ackedBps(): number | undefined;
  /** The same over a longer time: what the stream uses. */
  steadyAckedBps(): number | undefined;
  /** Rate at which bursts come out of the path, median of the last ones. */
  trainBps(): number | undefined;
  /** What each of the last bursts came out with at least: soon after the path has become faster. */
  leastTrainBps(): number | undefined;
  /** Rate of the path where a single picture shows that it has fallen: below this share of the target, or undefined. */
  fallenBps(targetBps: number): number | undefined;
  /** The present delay belongs to the path from now on. */
  acceptDelay(): void;
}

const tuning = {
  /**
   * Overuse is believed only with this much delay under all packets of the recent window. A busy receiver holds packets up for tens of
   * milliseconds and then takes them all: the last of those are hardly late. In a queue every packet is.
   */
  provenMs: 10,
  /** A queue this long is overuse also where jitter hides its growth, when it has stayed for this long. */
  longMs: 40,
  longUs: 300_000,
  recentUs: { bucket: 25_000, buckets: 4 },
  /** Half a minute: in that time the clocks of the two sides drift apart by a few milliseconds at most. */
  baseUs: { bucket: 5_000_000, buckets: 6 },
  ackedUs: 150_000,
  steadyUs: 500_000,
  /** The median of a second at 30 pictures a second: under jitter that of fewer goes up and down, and growth follows its peaks. */
  trains: 31,
  lastTrains: 3,
  /** A picture that comes out at less than this share of the target has met a path that has fallen. */
  fallenShare: 0.5,
} as const;

/** Follows arrivals from packets over bursts to a verdict. PURE apart from its memory. */
export function createDelayPath(): DelayPath {
  const groups = createArrivalGroups();
  const trendline = createTrendline();
  const detector = createOveruseDetector();
  const acked = createAckedBitrate();
  const recent = createWindowedMin(tuning.recentUs.bucket, tuning.recentUs.buckets);
  const base = createWindowedMin(tuning.baseUs.bucket, tuning.baseUs.buckets);
  const slowTrain = createSlowTrain();
  let trains: number[] = [];
  const queueMs = () => (recent.count() === 0 ? 0 : Math.max(0, recent.min() - base.min()) / 1_000);
  let longSinceUs: number | undefined;
  let isLong = false;
  return {
    add: (packet) => {
      const delayUs = packet.arrivalUs - packet.sentUs;
      acked.add(packet.arrivalUs, packet.bytes);
      recent.add(delayUs, packet.arrivalUs);
      base.add(delayUs, packet.arrivalUs);
      longSinceUs = queueMs() > tuning.longMs ? (longSinceUs ?? packet.arrivalUs) : undefined;
      isLong = longSinceUs !== undefined && packet.arrivalUs - longSinceUs > tuning.longUs;
      slowTrain.add(packet);
      const delta = groups.add(packet);
      if (!delta) return;
      const slope = trendline.add(delta);
      detector.update(slope, trendline.deltas, delta.arrivalUs / 1_000);
      if (delta.trainBps === undefined) return;
      trains.push(delta.trainBps);
      if (trains.length > tuning.trains) trains.shift();
    },
    use: () => {
      if (isLong) return 'over';
      return detector.use === 'over' && queueMs() < tuning.provenMs ? 'normal' : detector.use;
    },
    queueMs,
    ackedBps: () => acked.rateBps(tuning.ackedUs),
    steadyAckedBps: () => acked.rateBps(tuning.steadyUs),
    trainBps: () => {
      if (trains.length < 3) return undefined;
      return trains.toSorted((a, b) => a - b)[Math.floor(trains.length / 2)];
    },
    leastTrainBps: () =>
      trains.length < tuning.lastTrains ? undefined : Math.min(...trains.slice(-tuning.lastTrains)),
    fallenBps: (targetBps) => {
      const rateBps = slowTrain.rateBps();
      if (rateBps === undefined || rateBps > targetBps * tuning.fallenShare) return undefined;
      // The rates of before are another path's.
      trains = [rateBps, rateBps, rateBps];
      return rateBps;
    },
    acceptDelay: () => {
      const standingUs = recent.min();
      base.clear();
      if (Number.isFinite(standingUs)) base.add(standingUs, 0);
    },
  };
}
