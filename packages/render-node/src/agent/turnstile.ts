import { AppError } from '@cloudstage/protocol';

/** Lets one caller at a time in, in order of arrival. */
export interface Turnstile {
  /** @throws AppError `busy` when too many wait already; else what `work` throws. */
  enter<T>(work: () => Promise<T>): Promise<T>;
}

/** Creates a turnstile with at most `maxWaiting` callers, the one inside included. */
export function createTurnstile(maxWaiting: number): Turnstile {
  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    enter: (work) => {
      if (waiting >= maxWaiting) return Promise.reject(new AppError('busy', 'too many calls wait for this slot'));
      waiting += 1;
      const result = tail.then(work).finally(() => {
        waiting -= 1;
      });
      tail = result.catch(() => undefined);
      return result;
    },
  };
}
