import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { AppError } from '@cloudstage/protocol';
import type { LinkOptions } from '@cloudstage/render-node/testing/link-model';
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
const relayNiceness = -10;

function prefer(pid: number): void {
  try {
    setPriority(pid, relayNiceness);
  } catch {
    // Only root may; the report tells how late packets were.
  }
}

/** Starts the process and opens the relay. @throws AppError `relay-failed`. */
export async function startRelay(options: RelayOptions): Promise<RelayProcess> {
  // Structured clones: bandwidths may be infinite, which JSON cannot say.
  const child = fork(fileURLToPath(new URL('./relay-main.js', import.meta.url)), { serialization: 'advanced' });
  if (child.pid !== undefined) prefer(child.pid);
  const exited = once(child, 'exit');
  const waiting = new Map<number, (answer: RelayAnswer) => void>();
  child.on('message', (answer: RelayAnswer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const ended = exited.then((): RelayAnswer => ({ id: 0, error: 'the process of the relay has ended' }));
  let lastId = 0;
  const ask = async (request: Request): Promise<RelayAnswer> => {
    lastId += 1;
    const id = lastId;
    const answered = new Promise<RelayAnswer>((resolve) => waiting.set(id, resolve));
    child.send({ ...request, id });
    const answer = await Promise.race([answered, ended]);
    if (answer.error !== undefined) throw new AppError('relay-failed', answer.error);
    return answer;
  };
  const { port = 0 } = await ask({ kind: 'open', options });
  return {
    port,
    update: async (direction, changes) => {
      await ask({ kind: 'update', direction, changes });
    },
    stats: async () => {
      const { stats } = await ask({ kind: 'stats' });
      if (!stats) throw new AppError('relay-failed', 'the relay gave no numbers');
      return stats;
    },
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
