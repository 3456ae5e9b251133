import type { PeerStats } from './session-peer.js';

const none: PeerStats = { packetsSent: 0, bytesSent: 0, packetsRetransmitted: 0, nacksReceived: 0, picturesSkipped: 0 };

/** Numbers of several peers in one; undefined ones count nothing. PURE. */
export function sumStats(parts: readonly (PeerStats | undefined)[]): PeerStats {
  const sum = { ...none };
  for (const part of parts) {
    for (const key of Object.keys(none) as (keyof PeerStats)[]) sum[key] += part?.[key] ?? 0;
  }
  return sum;
}
