/** The page's peer connections, also those that the SDK makes. */

/** One entry of `getStats`. */
export type Stat = Readonly<Record<string, unknown>>;

/** Notes every connection that is made from now on. */
export function noteConnections(): RTCPeerConnection[] {
  const connections: RTCPeerConnection[] = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
  return connections;
}

/** Statistics of the connection that is in use; none without one. */
export async function readStats(connections: readonly RTCPeerConnection[]): Promise<readonly Stat[]> {
  const live = connections.find(({ connectionState }) => connectionState === 'connected');
  return live ? [...(await live.getStats()).values()] : [];
}

/** The first entry that passes; an empty one when none does. */
export const findStat = (stats: readonly Stat[], test: (stat: Stat) => boolean): Stat => stats.find(test) ?? {};

/** The receiver of the video. */
export const inboundVideo = (stats: readonly Stat[]): Stat =>
  findStat(stats, ({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
