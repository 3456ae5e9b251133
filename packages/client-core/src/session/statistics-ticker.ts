import type { Platform, StatsEntry } from '../platform.js';
import { readStats, type VideoCounters } from '../stats/inbound-stats.js';
import type { Measurements } from './measurements.js';
import type { SessionNotification } from './notifications.js';
import type { PeerLink } from './peer-link.js';

/** What the ticker needs of its session. */
export interface StatisticsTickerDeps {
  readonly platform: Platform;
  notify(notification: SessionNotification): void;
  link(): PeerLink | null;
  measurements(): Measurements;
  /** Ticks between two `stats` notifications. */
  interval(): number;
  /** RTP has arrived. */
  onMedia(): void;
  /** One reading of the current connection. */
  onVideo(video: VideoCounters | null): void;
}

/** Sends heartbeats and reads statistics. */
export interface StatisticsTicker {
  /** One second has passed. Never rejects. */
  tick(): Promise<void>;
}

/** Creates the ticker of a session; it follows the session's current peer. */
export function createStatisticsTicker(deps: StatisticsTickerDeps): StatisticsTicker {
  const { platform, notify } = deps;
  let ticks = 0;
  let videoSize = { width: 0, height: 0 };

  function read(entries: readonly StatsEntry[]): void {
    const { webrtc, media, mediaArrived, trouble } = deps.measurements().reading(entries, platform.nowMs());
    if (mediaArrived) deps.onMedia();
    deps.onVideo(readStats(entries, platform.nowMs()).video);
    const { width, height } = media.videoStats;
    if (width > 0 && (width !== videoSize.width || height !== videoSize.height)) {
      videoSize = { width, height };
      notify({ type: 'video-size', width, height });
    }
    if (trouble !== null) notify({ type: 'network-trouble', value: trouble });
    ticks += 1;
    if (ticks % Math.max(1, deps.interval()) === 0) notify({ type: 'stats', webrtc, media });
  }

  return {
    async tick() {
      const link = deps.link();
      if (link === null) return;
      const message = deps.measurements().heartbeat(platform.nowMs());
      if (link.send('hb', message)) notify({ type: 'trace', channel: 'hb', direction: 'out', message });
      try {
        const entries = await link.getStats();
        if (deps.link() === link) read(entries);
      } catch (error) {
        platform.log(`getStats failed: ${String(error)}`);
      }
    },
  };
}
