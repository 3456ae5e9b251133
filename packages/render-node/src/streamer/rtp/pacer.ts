import { rtpLimits } from './limits.js';

/** Time source and timer of the pacer; injected so that tests need no real time. */
export interface PacerDeps {
  /** Calls back after about `delayMs`; returns the way to cancel. */
  readonly schedule: (callback: () => void, delayMs: number) => () => void;
}

/** Sends one packet of the queue; transport fields are stamped at that moment. */
export type PacedSend = () => void;

/**
 * Smooths large pictures. A burst of the size of an ordinary P frame leaves at once; what is larger is spread over at most
 * `spreadMs` so that small router queues survive an IDR, and an ordinary frame is never held for more than ≈ 2 ms.
 */
export interface Pacer {
  /** Whether a picture of this many packets still fits; ask before numbering packets. */
  accepts(packets: number): boolean;
  /** Queues the packets of one picture, within about `spreadMs`. */
  enqueue(packets: readonly PacedSend[], spreadMs: number): void;
  /** Drops everything queued. */
  clear(): void;
  readonly queued: number;
}

/** Packets that leave at once: ≈ 28 KB, an ordinary frame of 13 Mbit/s at 60 fps. */
const burstPackets = 24;
const tickMs = 1;

/** Creates a pacer; the owner clears it when its peer closes. */
export function createPacer(deps: PacerDeps): Pacer {
  let queue: PacedSend[] = [];
  let perTick = burstPackets;
  let cancel: (() => void) | undefined;
  const release = (count: number) => {
    for (const send of queue.splice(0, count)) send();
  };
  const tick = () => {
    cancel = undefined;
    release(perTick);
    arm();
  };
  const arm = () => {
    if (queue.length > 0 && cancel === undefined) cancel = deps.schedule(tick, tickMs);
  };
  return {
    accepts: (packets) => queue.length + packets <= rtpLimits.pacerPackets,
    enqueue: (packets, spreadMs) => {
      const idle = queue.length === 0;
      queue.push(...packets);
      perTick = Math.max(burstPackets, Math.ceil(queue.length / Math.max(1, spreadMs / tickMs)));
      if (idle) release(burstPackets);
      arm();
    },
    clear: () => {
      queue = [];
      cancel?.();
      cancel = undefined;
    },
    get queued() {
      return queue.length;
    },
  };
}
