import type { PacketArrival } from './transport-feedback.js';

/** One packet of the stream as it went out; audio, retransmissions and padding count as well. */
export interface SentPacket {
  /** Transport-wide sequence number. */
  readonly sequenceNumber: number;
  readonly bytes: number;
  readonly sentUs: number;
  /** The probe that it belongs to. */
  readonly probeId?: number | undefined;
}

/** What the network told about packets sent before. */
export type CongestionFeedback =
  | { readonly type: 'arrivals'; readonly arrivals: readonly PacketArrival[] }
  | { readonly type: 'report'; readonly fractionLost: number; readonly rttMs: number | undefined }
  | { readonly type: 'remb'; readonly bitrateBps: number };

/** A piece of the stream to be sent faster than the target, filled up with padding where the pictures do not suffice. */
export interface ProbePlan {
  readonly id: number;
  readonly rateBps: number;
  readonly bytes: number;
}

/** What a probe can be made of. */
export interface ProbeSupply {
  readonly pictureBytes: number;
  /** Whether padding can fill up what the picture lacks. */
  readonly padding: boolean;
}

/** What the controller believes of the path; for logs and statistics. */
export interface PathState {
  readonly use: 'under' | 'normal' | 'over';
  /** Delay above the smallest one known, in milliseconds. */
  readonly queueMs: number;
  /** Shares, smoothed; the second is what the path loses at any rate. */
  readonly loss: number;
  readonly inherentLoss: number;
  /** Share lost over several seconds, sooner up than down. */
  readonly steadyLoss: number;
  readonly inFlightBytes: number;
  /** Another flow keeps the queue full: losses are of the queue. */
  readonly competing: boolean;
}

/**
 * Decides how many bits a second one peer's path can take. PURE apart from its own memory: time comes in as arguments
 * (microseconds of any monotonic clock).
 */
export interface CongestionController {
  onSent(packet: SentPacket): void;
  onFeedback(feedback: CongestionFeedback, nowUs: number): void;
  targetBitrateBps(nowUs: number): number;
  /** Rate at which a large picture may be put on the path, bits a second. */
  pacingBitrateBps(): number;
  /** The probe to be sent with the picture that is about to go out. It counts as begun. */
  takeProbe(nowUs: number, supply: ProbeSupply): ProbePlan | undefined;
  /** More is under way than the path takes: a picture sent now would only wait, and a later one would be newer. */
  isBlocked(nowUs: number): boolean;
  /** New range; the target moves into it. */
  setRange(range: Pick<CongestionOptions, 'minBitrateBps' | 'maxBitrateBps'>): void;
  /** Last round trip, 0 while unknown. */
  readonly rttMs: number;
  path(): PathState;
}

/** Range and start of a controller. */
export interface CongestionOptions {
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
  readonly startBitrateBps: number;
}
