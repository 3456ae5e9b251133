import type { PacketArrival } from './transport-feedback.js';

/** Quality of the path as one receiver report tells it. */
export interface PathReport {
  /** 0–1 since the last report. */
  readonly fractionLost: number;
  /** Variation of the packets' times on the way. @see RFC 3550 §6.4.1 */
  readonly jitterMs: number;
  /** Undefined while the receiver has seen no sender report. */
  readonly rttMs: number | undefined;
}

/** Gets to know what a peer's sender does; whatever carries the media can call it. None of these may throw. */
export interface SenderObserver {
  /** The last packet of a picture that left the encoder at `encodedUs` is on its way. */
  onPictureSent(encodedUs: number, sentUs: number): void;
  /** A packet with this transport-wide sequence number is on its way. */
  onPacketSent(sequenceNumber: number, sentUs: number): void;
  /** What the receiver says about packets. */
  onArrivals(arrivals: readonly PacketArrival[], nowUs: number): void;
  onReport(report: PathReport, nowUs: number): void;
}
