/**
 * Runs `work` for every item, at most `limit` at a time. The first failure stops further items from being begun, is waited
 * for together with those under way, and is thrown.
 */
export async function forEachConcurrently<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async () => {
    for (let next = iterator.next(); !next.done && failures.length === 0; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length > 0) throw failures[0];
}

/** Lets at most `limit` calls run at a time; further ones wait in order. */
export interface Gate {
  /** Calls that wait. */
  readonly waiting: number;
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** Creates a gate. The caller bounds the queue by looking at `waiting`. */
export function createGate(limit: number): Gate {
  let free = limit;
  const queue: (() => void)[] = [];
  return {
    get waiting() {
      return queue.length;
    },
    run: async (work) => {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => queue.push(resolve));
      try {
        return await work();
      } finally {
        const next = queue.shift();
        // The place is handed over, not freed: nobody can slip in between.
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
