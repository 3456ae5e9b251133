import { rtpLimits } from './limits.js';
import type { PacerSpread } from './pacer.js';

/** How packets are spread over time, and what is worth sending again. PURE. */

/**
 * Longest time over which packets are spread: P frames stay prompt, an IDR may take longer on a path that could not take it at once.
 * An ordinary P frame is within the burst: 28 KB is one of 13 Mbit/s at 60 fps.
 */
const withinMs = { delta: 4, key: 30, retransmission: 5 } as const;

/** Packets that leave together. */
export const burstPackets = 24;

/** The same on a path that loses more than this: its queue may be too short for a picture at once. */
const gentle = { loss: 0.05, burstPackets: 4, withinMs: { delta: 7, key: 30, retransmission: 10 } } as const;

/** On the wire, about; pacing needs no more. */
const packetBits = 9_840;

const packetsPerMs = (bitsPerSecond: number) => bitsPerSecond / packetBits / 1_000;

/** Spread of packets over a path that takes `bitsPerSecond` and loses a share. */
export function spreadOf(kind: keyof typeof withinMs, bitsPerSecond: number, loss: number): PacerSpread {
  // Evenly over the time that there is: the rate of a burst is not the rate of the path.
  if (loss > gentle.loss) return { perMs: 0, withinMs: gentle.withinMs[kind], burst: gentle.burstPackets };
  return { perMs: packetsPerMs(bitsPerSecond), withinMs: withinMs[kind], burst: burstPackets };
}

/** Spread of padding: at its rate from the first packet on, however long that takes. */
export function paddingSpread(bitsPerSecond: number): PacerSpread {
  return { perMs: packetsPerMs(bitsPerSecond), withinMs: 0, burst: 0 };
}

/** Whether a key frame costs less than this many missing packets. */
export function isBeyondRepair(packets: number, targetBps: number): boolean {
  return packets > rtpLimits.repairPackets && packets * packetBits * 1_000 > targetBps * rtpLimits.repairMs;
}
