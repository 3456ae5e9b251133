import { AppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';

/** One part that must be closed; the last one opened is closed first. */
export interface ClosingPart {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

/** Parts in the order in which they were opened. */
export interface ClosingStack {
  add(part: ClosingPart): void;
  /** Closes all, the last first; a part that fails or takes too long is logged and does not keep the others open. Idempotent. */
  close(): Promise<void>;
}

/** Makes an empty {@link ClosingStack}; each part has `stepMs` to close. */
export function createClosingStack(deps: { readonly logger: Logger; readonly stepMs: number }): ClosingStack {
  const parts: ClosingPart[] = [];
  let closing: Promise<void> | null = null;

  async function closeAll(): Promise<void> {
    // A part added while closing runs (a start was under way) is closed as well.
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      try {
        await withDeadline(part, deps.stepMs);
      } catch (error) {
        deps.logger.error({ err: error }, `${part.name} did not close`);
      }
    }
  }

  return {
    add: (part) => parts.push(part),
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

async function withDeadline(part: ClosingPart, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new AppError('deadline-exceeded', `no end after ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    await Promise.race([Promise.resolve(part.close()), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
