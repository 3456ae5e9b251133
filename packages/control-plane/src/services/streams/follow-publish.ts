import { isAppError, limits, type PublishState } from '@cloudstage/protocol';
import { listWantedPublishes, setPublishState, type WantedPublish } from '../../db/publishes.js';
import { lockSession } from '../../db/sessions.js';
import type { ServiceDeps } from '../deps.js';
import { publishSealContext } from './start-publish.js';

/** What nodes report of pushes, and what they must be told again. */
export interface PublishFollower {
  /** Brings a report into the database; idempotent. */
  onReport(report: {
    readonly nodeId: string;
    readonly sessionId: string;
    readonly state: PublishState;
    readonly message: string;
  }): Promise<void>;
  /** Tells a node whose agent was started anew about its pushes. In the background; the command is idempotent. */
  restore(nodeId: string): void;
}

/** Creates the follower. */
export function createPublishFollower(deps: ServiceDeps): PublishFollower {
  async function restoreOne(nodeId: string, { sessionId, slotIndex, urlCipher }: WantedPublish): Promise<void> {
    try {
      const url = deps.secrets.open(urlCipher, publishSealContext(sessionId));
      const params = { sessionId, slotIndex, url };
      const result = await deps.nodeLink.call(nodeId, 'stream.publish', params, {
        deadlineMs: deps.settings.connectMs,
      });
      if (!result.ok) deps.logger.warn({ nodeId, sessionId, reply: result.message }, 'a live push is not restored');
    } catch (error) {
      if (!isAppError(error)) throw error;
      deps.logger.warn({ nodeId, sessionId, err: error }, 'a live push is not restored');
    }
  }
  return {
    onReport: async ({ nodeId, sessionId, state, message }) => {
      await deps.database.transaction(async (tx) => {
        const row = await lockSession(tx, sessionId);
        // A session that lives elsewhere is not this node's to report on; one that has ended pushes nothing.
        if (row === null || row.nodeId !== nodeId || row.state === 'ended') return;
        const text = message.slice(0, limits.messageChars);
        await setPublishState(tx, { sessionId, state, message: text, now: deps.now() });
      });
    },
    restore: (nodeId) => {
      deps.background.run('stream.publish', async () => {
        for (const wanted of await listWantedPublishes(deps.database.executor, nodeId))
          await restoreOne(nodeId, wanted);
      });
    },
  };
}
