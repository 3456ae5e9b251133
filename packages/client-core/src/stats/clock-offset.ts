import { clientLimits } from '../limits.js';

/** One exchange of timestamps with the server. */
interface ClockSample {
  readonly rttMs: number;
  readonly offsetMs: number;
}

/** Estimate of the server's clock: the newest exchanges, at most `clientLimits.clockSamples`. */
export interface ClockEstimate {
  readonly samples: readonly ClockSample[];
}

/** No exchange yet. */
export const emptyClockEstimate: ClockEstimate = { samples: [] };

/**
 * Adds one exchange: sent and received on our clock, answered on the server's; all epoch milliseconds with fractions. A
 * negative round trip (our clock jumped) is ignored. PURE.
 */
export function addClockSample(
  estimate: ClockEstimate,
  exchange: { readonly sentMs: number; readonly receivedMs: number; readonly serverMs: number },
): ClockEstimate {
  const rttMs = exchange.receivedMs - exchange.sentMs;
  if (!(rttMs >= 0)) return estimate;
  const sample = { rttMs, offsetMs: exchange.serverMs - (exchange.sentMs + exchange.receivedMs) / 2 };
  return { samples: [...estimate.samples, sample].slice(-clientLimits.clockSamples) };
}

/**
 * Server clock minus ours, milliseconds: the offset of the exchange with the shortest round trip, whose error is at most half
 * of that round trip. Null without an exchange. PURE.
 * @see RFC 5905 §10 (clock filter: the sample of least delay)
 */
export function clockOffsetMs(estimate: ClockEstimate): number | null {
  let best: ClockSample | null = null;
  for (const sample of estimate.samples) {
    if (best === null || sample.rttMs < best.rttMs) best = sample;
  }
  return best === null ? null : best.offsetMs;
}

/** Shortest round trip of the kept exchanges; null without one. PURE. */
export function shortestRttMs(estimate: ClockEstimate): number | null {
  return estimate.samples.length === 0 ? null : Math.min(...estimate.samples.map(({ rttMs }) => rttMs));
}
