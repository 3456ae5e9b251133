import type { Logger } from 'pino';
import { cloudErrorOf } from './cloud.js';
import { limits } from './limits.js';
import { dequeue, dropExpired, emptyQueue, enqueue, headOf, type WaitingUser } from './wait-queue.js';

/** The one code that means "later". */
const noIdleCode = 'ResourceNotFound.NoIdle';

/** The queue in memory, with its timer. */
export interface QueueRunner {
  /** Puts a user in the queue or keeps it there; −1 when the queue is full. */
  enqueue(user: WaitingUser): number;
  dequeue(userId: string): void;
  has(userId: string): boolean;
  /** Stops the timer and waits for a check under way; idempotent. */
  close(): Promise<void>;
}

interface Dependencies {
  /** Reserves a slot; rejects with the official client's error. */
  readonly reserve: (user: WaitingUser) => Promise<void>;
  readonly logger: Logger;
  readonly maxLength: number;
}

/**
 * Tries to reserve a slot for the head of the queue once a second. Who got one leaves the queue and finds it reserved when
 * it asks next; any refusal other than NoIdle makes the user leave as well, so that it does not block those behind it.
 */
export function createQueueRunner(deps: Dependencies): QueueRunner {
  let queue = emptyQueue;
  let closed = false;
  let checking: Promise<void> = Promise.resolve();
  let timer = setTimeout(tick, limits.queueCheckMs);

  function tick(): void {
    checking = checkHead().finally(() => {
      if (!closed) timer = setTimeout(tick, limits.queueCheckMs);
    });
  }

  async function checkHead(): Promise<void> {
    queue = dropExpired(queue, Date.now(), limits.queueExpiryMs);
    const head = headOf(queue);
    if (head === null) return;
    try {
      await deps.reserve(head);
      deps.logger.debug({ userId: head.userId }, 'slot reserved for the head of the queue');
    } catch (error) {
      const { code } = cloudErrorOf(error);
      if (code === noIdleCode) return;
      deps.logger.warn({ userId: head.userId, code }, 'user leaves the queue: the cloud API refused');
    }
    queue = dequeue(queue, head.userId);
  }

  return {
    enqueue: (user) => {
      const outcome = enqueue(queue, user, Date.now(), deps.maxLength);
      if (outcome.type === 'full') return -1;
      queue = outcome.queue;
      return outcome.index;
    },
    dequeue: (userId) => {
      queue = dequeue(queue, userId);
    },
    has: (userId) => queue.has(userId),
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await checking;
    },
  };
}
