import { asc, eq, sql } from 'drizzle-orm';
import { dbLimits } from './limits.js';
import { rows } from './rows.js';
import { type AccountRow, accounts, type Executor } from './schema.js';

/** The oldest account: the one that a single-tenant installation works with. */
export async function findFirstAccount(executor: Executor): Promise<AccountRow | null> {
  const [row] = await executor.select().from(accounts).orderBy(asc(accounts.number)).limit(1);
  return row ?? null;
}

/** An account by id. */
export async function findAccount(executor: Executor, accountId: string): Promise<AccountRow | null> {
  const [row] = await executor.select().from(accounts).where(eq(accounts.id, accountId));
  return row ?? null;
}

/** An account, locked until the transaction ends: what counts its keys must not be overtaken. */
export async function lockAccount(executor: Executor, accountId: string): Promise<AccountRow | null> {
  const [row] = await executor.select().from(accounts).where(eq(accounts.id, accountId)).for('no key update');
  return row ?? null;
}

/** All accounts, oldest first, and how many keys each has. */
export async function listAccounts(
  executor: Executor,
): Promise<readonly (AccountRow & { readonly accessKeys: number })[]> {
  return rows(
    executor,
    sql`SELECT a.id, a.number::integer AS number, a.name, a.enabled, a.created_at AS "createdAt",
          (SELECT count(*) FROM access_keys k WHERE k.account_id = a.id)::integer AS "accessKeys"
        FROM accounts a ORDER BY a.number LIMIT ${dbLimits.listRows}`,
  );
}

/** How many accounts there are. */
export async function countAccounts(executor: Executor): Promise<number> {
  return executor.$count(accounts);
}

/** Adds an account with the next number. Two at once: one fails with a unique violation. */
export async function insertAccount(
  executor: Executor,
  account: { readonly id: string; readonly name: string; readonly createdAt: number },
): Promise<AccountRow> {
  const [next] = await rows<{ number: number }>(
    executor,
    sql`INSERT INTO accounts (id, number, name, created_at)
        SELECT ${account.id}, COALESCE(max(number), 0) + 1, ${account.name}, ${account.createdAt}::bigint FROM accounts
        RETURNING number::integer AS number`,
  );
  return { ...account, number: next?.number ?? 1, enabled: true };
}

/** Switches an account on or off; false when there is none. */
export async function setAccountEnabled(executor: Executor, accountId: string, enabled: boolean): Promise<boolean> {
  const changed = await executor
    .update(accounts)
    .set({ enabled })
    .where(eq(accounts.id, accountId))
    .returning({ id: accounts.id });
  return changed.length > 0;
}
