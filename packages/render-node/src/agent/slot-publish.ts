import type { PublishState } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { StreamerEvents } from '../links/streamer-link.js';
import { agentLimits } from './limits.js';
import type { Streamer } from './warm-slot.js';

/** Parameters of {@link createSlotPublish}. */
export interface SlotPublishOptions {
  readonly sessionId: string;
  /** Of a push that an earlier agent or streamer began. */
  readonly url: string | null;
  /** @throws AppError `session-ending`. */
  readonly streamer: () => Streamer;
  /** The URL that is pushed to from now on: into the record with it. */
  readonly onUrl: (url: string | null) => void;
  readonly onState: (state: PublishState, message: string) => void;
  readonly logger: Logger;
}

/** The live push of a session: the agent remembers it, its streamers carry it out. */
export interface SlotPublish {
  /** @throws AppError when the streamer does not answer; the push is then as before. */
  start(url: string): Promise<void>;
  stop(): Promise<void>;
  /** `known`: what the streamer does already. Never rejects. */
  onStreamerUp(streamer: Streamer, known: PublishState | null): Promise<void>;
  onStreamerDown(): void;
  onState(event: StreamerEvents['publish.state']): void;
}

/** Creates the push's keeper; nothing happens before a call. */
export function createSlotPublish(options: SlotPublishOptions): SlotPublish {
  let { url } = options;
  const keep = (next: string | null) => {
    if (next === url) return;
    url = next;
    options.onUrl(next);
  };
  const order = (streamer: Streamer, target: string) =>
    streamer.call('publish.start', { url: target }, { deadlineMs: agentLimits.publishMs });
  const report = (state: PublishState, message: string) => {
    // Given up by the streamer: a later one must not begin again.
    if (state === 'stopped') keep(null);
    options.onState(state, message);
  };
  return {
    start: async (target) => {
      const before = url;
      // First into the record: a streamer or an agent that dies now leaves a push that its successor takes up.
      keep(target);
      try {
        await order(options.streamer(), target);
      } catch (error) {
        if (url === target) keep(before);
        throw error;
      }
    },
    stop: async () => {
      keep(null);
      const streamer = options.streamer();
      if (streamer.up()) await streamer.call('publish.stop', {}, { deadlineMs: agentLimits.publishMs });
    },
    onStreamerUp: async (streamer, known) => {
      if (known !== null) report(known, '');
      else if (url !== null) {
        await order(streamer, url).catch((error: unknown) =>
          options.logger.warn({ err: error }, 'live push is not resumed'),
        );
      }
    },
    onStreamerDown: () => {
      if (url !== null) options.onState('reconnecting', 'the streamer is being restarted');
    },
    onState: ({ sessionId, state, message }) => {
      if (sessionId === options.sessionId) report(state, message);
    },
  };
}
