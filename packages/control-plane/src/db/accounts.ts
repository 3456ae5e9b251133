import { asc, eq, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import { type AccountRow, accessKeys, accounts, type Executor } from './schema.js';

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
  return { ...account, number: next?.number ?? 1 };
}

/** Row of an access key. */
export type AccessKeyRow = typeof accessKeys.$inferSelect;

/** An access key by its id. */
export async function findAccessKeyRow(executor: Executor, secretId: string): Promise<AccessKeyRow | null> {
  const [row] = await executor.select().from(accessKeys).where(eq(accessKeys.secretId, secretId));
  return row ?? null;
}

/** The oldest key of an account. */
export async function findFirstAccessKey(executor: Executor, accountId: string): Promise<AccessKeyRow | null> {
  const [row] = await executor
    .select()
    .from(accessKeys)
    .where(eq(accessKeys.accountId, accountId))
    .orderBy(asc(accessKeys.createdAt), asc(accessKeys.secretId))
    .limit(1);
  return row ?? null;
}

/** Adds an access key, its secret already sealed. */
export async function insertAccessKey(executor: Executor, row: AccessKeyRow): Promise<void> {
  await executor.insert(accessKeys).values(row);
}
