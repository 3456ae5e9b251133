import type { Logger } from 'pino';
import { serviceLimits } from './limits.js';

/** Work that follows a committed transaction and nobody waits for. */
export interface Background {
  /**
   * Runs `task` soon. A failure is logged; when too many run already the task is dropped, which is logged too. Give it only
   * what the sweep or the node's next report would repeat.
   */
  run(name: string, task: () => Promise<void>): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

/** Creates the place where effects run. */
export function createBackground(logger: Logger): Background {
  const tasks = new Set<Promise<void>>();
  const guard = async (name: string, task: () => Promise<void>) => {
    try {
      await task();
    } catch (error) {
      logger.warn({ err: error, task: name }, 'background task failed');
    }
  };
  return {
    run: (name, task) => {
      if (tasks.size >= serviceLimits.maxBackgroundTasks) {
        logger.warn({ task: name }, 'too many background tasks, dropped');
        return;
      }
      const running = guard(name, task).finally(() => tasks.delete(running));
      tasks.add(running);
    },
    settled: async () => {
      while (tasks.size > 0) await Promise.all(tasks);
    },
  };
}
