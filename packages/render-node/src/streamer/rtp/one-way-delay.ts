import { rtpLimits } from './limits.js';
import type { PacketArrival } from './transport-feedback.js';

/**
 * Time that packets take on the way, though the receiver's clock is unknown: half of the smallest round trip, and how much
 * longer than the fastest packet of the last seconds each one took. PURE apart from its memory; allocates nothing per packet.
 */
export interface OneWayDelay {
  onSent(sequenceNumber: number, sentUs: number): void;
  onRoundTrip(rttMs: number, nowUs: number): void;
  /** Calls `onDelay` for every packet that has arrived; not before a round trip is known. */
  onArrivals(arrivals: readonly PacketArrival[], nowUs: number, onDelay: (delayMs: number) => void): void;
}

/** The smallest value of the last one to two windows. */
function createWindowedMinimum(windowUs: number) {
  let current = Number.POSITIVE_INFINITY;
  let previous = Number.POSITIVE_INFINITY;
  let startedUs = Number.NEGATIVE_INFINITY;
  return {
    add: (value: number, nowUs: number) => {
      if (nowUs - startedUs > windowUs) {
        previous = current;
        current = Number.POSITIVE_INFINITY;
        startedUs = nowUs;
      }
      if (value < current) current = value;
    },
    get: () => Math.min(current, previous),
  };
}

/** Clocks drift apart by up to a millisecond in ten seconds, and routes change. */
const fastestWindowUs = 10_000_000;
/** Round trips come once a second, and some are late. */
const roundTripWindowUs = 30_000_000;

/** Creates the meter of one peer. */
export function createOneWayDelay(): OneWayDelay {
  // Sequence numbers have 16 bits; a power of two of them is remembered, each with its number.
  const slots = rtpLimits.sentPackets;
  const sentUs = new Float64Array(slots);
  const numbers = new Int32Array(slots).fill(-1);
  const fastest = createWindowedMinimum(fastestWindowUs);
  const roundTrip = createWindowedMinimum(roundTripWindowUs);
  return {
    onSent: (sequenceNumber, atUs) => {
      sentUs[sequenceNumber % slots] = atUs;
      numbers[sequenceNumber % slots] = sequenceNumber;
    },
    onRoundTrip: (rttMs, nowUs) => roundTrip.add(rttMs, nowUs),
    onArrivals: (arrivals, nowUs, onDelay) => {
      for (const { sequenceNumber, arrivalUs } of arrivals) {
        const slot = sequenceNumber % slots;
        if (arrivalUs === null || numbers[slot] !== sequenceNumber) continue;
        // Once: what is reported again has not arrived again.
        numbers[slot] = -1;
        const apartUs = arrivalUs - (sentUs[slot] ?? 0);
        fastest.add(apartUs, nowUs);
        const rttMs = roundTrip.get();
        if (Number.isFinite(rttMs)) onDelay(rttMs / 2 + (apartUs - fastest.get()) / 1_000);
      }
    },
  };
}
