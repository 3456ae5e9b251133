import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Executor } from './schema.js';

/**
 * Transactions on connections of a pool. BEGIN is sent together with the first statement instead of a round trip before it:
 * should it fail, so does everything behind it on the broken connection.
 */
export function createServerTransactions(pool: pg.Pool): <T>(work: (executor: Executor) => Promise<T>) => Promise<T> {
  const executors = new WeakMap<pg.PoolClient, Executor>();
  const executorOf = (client: pg.PoolClient): Executor => {
    const known = executors.get(client);
    if (known !== undefined) return known;
    const made = drizzle(client);
    executors.set(client, made);
    return made;
  };
  return async (work) => {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      const begun = client.query('begin');
      begun.catch(() => undefined);
      const result = await work(executorOf(client));
      await begun;
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((cause: unknown) => {
        // Nobody may get a connection that is in the middle of a transaction.
        broken = cause instanceof Error ? cause : new Error(String(cause));
      });
      throw error;
    } finally {
      client.release(broken);
    }
  };
}
