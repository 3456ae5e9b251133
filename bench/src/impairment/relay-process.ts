import { AppError } from '@cloudstage/protocol';
import type { LinkOptions } from '@cloudstage/render-node/testing/link-model';
import { startHelper } from '../helper-process.js';
import type { Direction, RelayOptions, RelayStats } from './relay.js';
import type { RelayAnswer, RelayRequest } from './relay-main.js';

/** A `Relay` in a process of its own. */
export interface RelayProcess {
  readonly port: number;
  update(direction: Direction, changes: Partial<LinkOptions>): Promise<void>;
  stats(): Promise<RelayStats>;
  close(): Promise<void>;
}

type Request = RelayRequest extends infer One ? (One extends RelayRequest ? Omit<One, 'id'> : never) : never;

/** Ahead of everything that is measured: a path does not slow down because a machine is busy. */
const niceness = -10;

/** Starts the process and opens the relay. @throws AppError `helper-failed`. */
export async function startRelay(options: RelayOptions): Promise<RelayProcess> {
  const helper = startHelper<Request, RelayAnswer>(new URL('./relay-main.js', import.meta.url), niceness);
  const { port = 0 } = await helper.ask({ kind: 'open', options });
  return {
    port,
    update: async (direction, changes) => {
      await helper.ask({ kind: 'update', direction, changes });
    },
    stats: async () => {
      const { stats } = await helper.ask({ kind: 'stats' });
      if (!stats) throw new AppError('helper-failed', 'the relay gave no numbers');
      return stats;
    },
    close: () => helper.close(),
  };
}
