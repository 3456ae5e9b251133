import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { AppError } from '@cloudstage/protocol';

/** A process of a bench that answers requests, so that its work does not hold up the bench's own. */
export interface HelperProcess<Request, Answer> {
  /** @throws AppError `helper-failed`. */
  ask(request: Request): Promise<Answer>;
  readonly pid: number;
  /** The process ends in its own way; resolves then. */
  close(): Promise<void>;
}

function setNiceness(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // Only root may go ahead of others; reports tell what came of it.
  }
}

/** Starts `entry` (a compiled module). @param niceness negative to go ahead of what is measured, where the system permits. */
export function startHelper<Request extends object, Answer extends { readonly error?: string }>(
  entry: URL,
  niceness: number,
): HelperProcess<Request, Answer> {
  // Structured clones: numbers may be infinite, which JSON cannot say.
  const child = fork(fileURLToPath(entry), { serialization: 'advanced' });
  if (child.pid !== undefined) setNiceness(child.pid, niceness);
  const exited = once(child, 'exit');
  const waiting = new Map<number, (answer: Answer) => void>();
  child.on('message', (answer: Answer & { readonly id: number }) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const ended = exited.then(() => new AppError('helper-failed', `${entry.pathname} has ended`));
  let lastId = 0;
  return {
    pid: child.pid ?? 0,
    ask: async (request) => {
      lastId += 1;
      const id = lastId;
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
      child.send({ ...request, id });
      const answer = await Promise.race([answered, ended]);
      if (answer instanceof AppError) throw answer;
      if (answer.error !== undefined) throw new AppError('helper-failed', answer.error);
      return answer;
    },
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
