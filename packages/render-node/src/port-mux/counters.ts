/** Why a packet was dropped; the keys of `MuxStats.dropped`. */
export const dropReasons = [
  /** Neither from a known client address nor a check. */
  'unknown-flow',
  /** A check for a ufrag that is not, or no longer, routed. */
  'unknown-ufrag',
  /** A check that was not made with the route's password. */
  'bad-integrity',
  /** Looks like a check, but is no well-formed one; or TCP framing is broken. */
  'malformed',
  'flow-table-full',
  'rate-limited',
  /** A TCP client reads slower than the stream. */
  'backpressure',
  /** A check for a deleted route, answered with a refusal. */
  'route-gone',
  /** The streamer's socket does not exist (any more), or the kernel refused to send. */
  'unreachable',
] as const;
export type DropReason = (typeof dropReasons)[number];

/** Cumulative counts, incremented in place on the hot path. */
export interface Counters {
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  readonly dropped: Record<DropReason, number>;
}

/** All zero. */
export function createCounters(): Counters {
  const dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<DropReason, number>;
  return { packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0, dropped };
}
