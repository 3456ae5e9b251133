import { streamerLimits } from '../limits.js';

/**
 * When a connected client may be sent away, so that it comes back by itself with a new offer: its connection is closed without a word, as every
 * code in a heartbeat's reply ends it for good. To come back it needs the token that replies to heartbeats bring. PURE.
 */
export interface Dismissal {
  /** A heartbeat of the client arrived; its reply has the token. */
  onHeartbeat(): void;
  /** Whether to close now a client that has nothing to wait for; asked again and again as long as that is so. */
  isDue(nowMs: number): boolean;
}

/** Creates the dismissal of one client. */
export function createDismissal(): Dismissal {
  let heartbeats = 0;
  let askedMs: number | undefined;
  return {
    onHeartbeat: () => {
      heartbeats++;
    },
    isDue: (nowMs) => {
      askedMs ??= nowMs;
      return heartbeats >= streamerLimits.dismissHeartbeats || nowMs - askedMs >= streamerLimits.dismissMs;
    },
  };
}
