import { clientLimits } from '../limits.js';
import type { Cancel, ChannelPort, Platform } from '../platform.js';
import type { Fields } from './inbound.js';

/** Outcome of one request: the official SDK's callback value. `code` 0 carries the reply, 1 says why there is none. */
export type AckResult =
  | { readonly code: 0; readonly msg: string; readonly data: Fields }
  | { readonly code: 1; readonly msg: string; readonly data?: undefined };

/** Requests and replies of the `ack` channel. */
export interface AckClient {
  /** Sends `data`; resolves with the reply, or with code 1 when the channel is closed or nothing came in time. Never rejects. */
  request(data: Fields): Promise<AckResult>;
  /** Gives a reply to its request. False when nobody waits for `seq`: then the message is an event of the server. */
  settle(seq: number, data: Fields): boolean;
  /** Ends every waiting request with code 1. */
  abandon(): void;
  readonly pending: number;
}

interface Waiting {
  readonly resolve: (result: AckResult) => void;
  readonly cancelTimer: Cancel;
}

/** Creates the client of one `ack` channel. At most `clientLimits.pendingAcks` requests wait; the oldest gives way. */
export function createAckClient(
  deps: Pick<Platform, 'nowMs' | 'random' | 'setTimeout'>,
  channel: () => ChannelPort | null,
): AckClient {
  const waiting = new Map<number, Waiting>();
  let lastSeq = 0;

  function finish(seq: number, result: AckResult): boolean {
    const entry = waiting.get(seq);
    if (entry === undefined) return false;
    waiting.delete(seq);
    entry.cancelTimer();
    entry.resolve(result);
    return true;
  }

  function nextSeq(): number {
    // Never used twice: a late reply to a request that was given up must not answer another one.
    lastSeq = Math.max(Math.floor(deps.nowMs()) + Math.floor(deps.random() * 10_000), lastSeq + 1);
    return lastSeq;
  }

  return {
    request(data) {
      const seq = nextSeq();
      if (channel()?.send(JSON.stringify({ seq, data })) !== true) {
        return Promise.resolve({ code: 1, msg: 'ack channel is not open' });
      }
      const oldest = waiting.size >= clientLimits.pendingAcks ? waiting.keys().next().value : undefined;
      if (oldest !== undefined) finish(oldest, { code: 1, msg: 'too many unanswered ack messages' });
      return new Promise((resolve) => {
        const cancelTimer = deps.setTimeout(() => {
          finish(seq, { code: 1, msg: 'send ack message timeout' });
        }, clientLimits.ackTimeoutMs);
        waiting.set(seq, { resolve, cancelTimer });
      });
    },
    settle: (seq, data) => finish(seq, { code: 0, msg: 'on ack message', data }),
    abandon() {
      for (const seq of [...waiting.keys()]) finish(seq, { code: 1, msg: 'connection closed' });
    },
    get pending() {
      return waiting.size;
    },
  };
}
