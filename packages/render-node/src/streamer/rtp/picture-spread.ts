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

/** On the wire, about; pacing needs no more. */
const packetBits = 9_840;

const packetsPerMs = (bitsPerSecond: number) => bitsPerSecond / packetBits / 1_000;

/** Spread of packets that the path takes at `bitsPerSecond`. */
export function spreadOf(kind: keyof typeof withinMs, bitsPerSecond: number): PacerSpread {
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
