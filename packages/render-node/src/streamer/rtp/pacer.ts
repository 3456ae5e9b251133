import { rtpLimits } from './limits.js';

/** Time source and timer of the pacer; injected so that tests need no real time. */
export interface PacerDeps {
  /** Calls back after about `delayMs`; returns the way to cancel. */
  readonly schedule: (callback: () => void, delayMs: number) => () => void;
  /** Microseconds of any monotonic clock: a late timer is made up for. */
  readonly nowUs: () => number;
}

/** Sends one packet of the queue; transport fields are stamped at that moment. */
export type PacedSend = () => void;

/** What a packet is for. Sound and reports do not come here: they leave at once. In this order: */
export const pacerLanes = ['retransmission', 'video', 'padding'] as const;
export type PacerLane = (typeof pacerLanes)[number];

/** How packets leave. */
export interface PacerSpread {
  /** Packets a millisecond; more when `withinMs` asks for it. */
  readonly perMs: number;
  /** Everything that waits has left after this. */
  readonly withinMs: number;
  /** Packets that leave at once when nothing waits. */
  readonly burst: number;
}

/**
 * Smooths large pictures. An ordinary P frame leaves at once; what is larger is spread so that small router queues survive an IDR, and never
 * for longer than its `withinMs`. A later picture takes what is left of an earlier one with it.
 */
export interface Pacer {
  /** Whether a picture of this many packets still fits; ask before numbering packets. */
  accepts(packets: number): boolean;
  enqueue(lane: PacerLane, packets: readonly PacedSend[], spread: PacerSpread): void;
  /** Drops everything queued. */
  clear(): void;
  /** Packets that wait; padding does not count, it makes room. */
  readonly queued: number;
}

const tickMs = 1;

/** Creates a pacer; the owner clears it when its peer closes. */
export function createPacer(deps: PacerDeps): Pacer {
  const lanes: Record<PacerLane, PacedSend[]> = { retransmission: [], video: [], padding: [] };
  let perMs = 0;
  let paddingPerMs = 0;
  let lastTickUs = 0;
  let credit = 0;
  let cancel: (() => void) | undefined;
  const media = () => lanes.retransmission.length + lanes.video.length;
  const release = (lane: PacerLane, count: number) => {
    const packets = lanes[lane].splice(0, count);
    for (const send of packets) send();
    return packets.length;
  };
  const releaseMedia = (count: number) => {
    const resent = release('retransmission', count);
    release('video', count - resent);
  };
  const tick = () => {
    cancel = undefined;
    const nowUs = deps.nowUs();
    const elapsedMs = Math.max(tickMs, (nowUs - lastTickUs) / 1_000);
    lastTickUs = nowUs;
    credit = Math.min(credit, 1) + elapsedMs * (media() > 0 ? perMs : paddingPerMs);
    const count = Math.floor(credit);
    credit -= count;
    if (media() > 0) releaseMedia(count);
    else release('padding', count);
    arm();
  };
  const arm = () => {
    if (cancel !== undefined || media() + lanes.padding.length === 0) return;
    cancel = deps.schedule(tick, tickMs);
  };
  return {
    accepts: (packets) => media() + packets <= rtpLimits.pacerPackets,
    enqueue: (lane, packets, spread) => {
      if (cancel === undefined) {
        lastTickUs = deps.nowUs();
        credit = 0;
      }
      const idle = media() === 0;
      lanes[lane].push(...packets);
      if (lane === 'padding') {
        lanes.padding.splice(rtpLimits.pacerPadding);
        paddingPerMs = spread.perMs;
      } else {
        if (idle) {
          perMs = 0;
          releaseMedia(spread.burst);
        }
        perMs = Math.max(perMs, spread.perMs, media() / Math.max(tickMs, spread.withinMs));
      }
      arm();
    },
    clear: () => {
      for (const lane of pacerLanes) lanes[lane] = [];
      cancel?.();
      cancel = undefined;
    },
    get queued() {
      return media();
    },
  };
}
