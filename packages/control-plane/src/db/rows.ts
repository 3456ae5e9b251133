import type { SQL } from 'drizzle-orm';
import type { Executor } from './schema.js';

/** Runs hand-written SQL and gives its rows. The caller vouches for the shape, which the statement beside it defines. */
export async function rows<T>(executor: Executor, statement: SQL): Promise<readonly T[]> {
  const result = (await executor.execute(statement)) as unknown as { readonly rows: readonly T[] };
  return result.rows;
}

/**
 * Waits for work of one transaction that goes on side by side: its statements travel together. Throws the first failure, but only
 * when all have come to an end: whoever rolls back must not be overtaken by a statement that nobody waits for.
 */
export async function together<T extends readonly unknown[]>(
  work: {
    readonly [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  const results = await Promise.allSettled(work as readonly Promise<unknown>[]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** Code of a PostgreSQL error (`23505` is a unique violation), looked for through the causes; null for other errors. */
export function sqlState(error: unknown): string | null {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    if ('code' in current && typeof current.code === 'string' && /^[0-9A-Z]{5}$/.test(current.code)) {
      return current.code;
    }
  }
  return null;
}

/** True when a row with the same key came first. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === '23505';
}

/** True when a row that was named is not there any more: somebody has just deleted it. */
export function isForeignKeyViolation(error: unknown): boolean {
  return sqlState(error) === '23503';
}

/** True for a serialisation failure or deadlock: the same transaction will pass when repeated. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}
