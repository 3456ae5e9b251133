import type { Logger } from 'pino';
import type { Sweep } from './services/sweep.js';

/** A running sweeper. */
export interface Sweeper {
  /** Stops it; resolves when the sweep under way is over. */
  close(): Promise<void>;
}

/** Sweeps again and again with a pause in between. A sweep that fails is logged and the next one tries anew. */
export function startSweeper(sweep: Sweep, options: { readonly pauseMs: number; readonly logger: Logger }): Sweeper {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();
  const run = async () => {
    try {
      await sweep();
    } catch (error) {
      options.logger.error({ err: error }, 'sweep failed');
    }
    schedule();
  };
  const schedule = () => {
    if (closed) return;
    timer = setTimeout(() => {
      current = run();
    }, options.pauseMs);
  };
  schedule();
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await current;
    },
  };
}
