import { and, asc, eq, gt, isNull, lte, or } from 'drizzle-orm';
import { dbLimits } from './limits.js';
import { accessKeys, accounts, type Executor } from './schema.js';

/** Row of an access key. */
export type AccessKeyRow = typeof accessKeys.$inferSelect;

/** Columns of a key that may change. */
export type AccessKeyPatch = Partial<Omit<AccessKeyRow, 'secretId' | 'accountId' | 'secretCipher' | 'createdAt'>>;

/** A key and whether its account is switched on: one indexed look-up for each call of the API. */
export async function findSigningKey(
  executor: Executor,
  secretId: string,
): Promise<{ readonly key: AccessKeyRow; readonly accountEnabled: boolean } | null> {
  const [row] = await executor
    .select({ key: accessKeys, accountEnabled: accounts.enabled })
    .from(accessKeys)
    .innerJoin(accounts, eq(accounts.id, accessKeys.accountId))
    .where(eq(accessKeys.secretId, secretId));
  return row ?? null;
}

/** A key, locked until the transaction ends. */
export async function lockAccessKey(executor: Executor, secretId: string): Promise<AccessKeyRow | null> {
  const [row] = await executor.select().from(accessKeys).where(eq(accessKeys.secretId, secretId)).for('update');
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

/** Keys of one account, or of all, oldest first. */
export async function listAccessKeys(executor: Executor, accountId: string | null): Promise<AccessKeyRow[]> {
  return executor
    .select()
    .from(accessKeys)
    .where(accountId === null ? undefined : eq(accessKeys.accountId, accountId))
    .orderBy(asc(accessKeys.accountId), asc(accessKeys.createdAt), asc(accessKeys.secretId))
    .limit(dbLimits.listRows);
}

/** How many keys an account has. */
export async function countAccessKeys(executor: Executor, accountId: string): Promise<number> {
  return executor.$count(accessKeys, eq(accessKeys.accountId, accountId));
}

/** Adds an access key, its secret already sealed. */
export async function insertAccessKey(executor: Executor, row: AccessKeyRow): Promise<void> {
  await executor.insert(accessKeys).values(row);
}

/** Changes a key; the row as it is then, null when there is none. */
export async function updateAccessKey(
  executor: Executor,
  secretId: string,
  patch: AccessKeyPatch,
): Promise<AccessKeyRow | null> {
  const [row] = await executor.update(accessKeys).set(patch).where(eq(accessKeys.secretId, secretId)).returning();
  return row ?? null;
}

/** Removes a key. */
export async function deleteAccessKey(executor: Executor, secretId: string): Promise<void> {
  await executor.delete(accessKeys).where(eq(accessKeys.secretId, secretId));
}

/** Writes when a key was used, unless another control plane has done so since `notAfter`. */
export async function touchAccessKey(
  executor: Executor,
  secretId: string,
  times: { readonly usedAt: number; readonly notAfter: number },
): Promise<void> {
  await executor
    .update(accessKeys)
    .set({ lastUsedAt: times.usedAt })
    .where(
      and(
        eq(accessKeys.secretId, secretId),
        or(isNull(accessKeys.lastUsedAt), lte(accessKeys.lastUsedAt, times.notAfter)),
      ),
    );
}

/** The next keys after `after` in the order of their ids, locked: for walking through all of them in small transactions. */
export async function lockNextAccessKeys(executor: Executor, after: string): Promise<AccessKeyRow[]> {
  return executor
    .select()
    .from(accessKeys)
    .where(gt(accessKeys.secretId, after))
    .orderBy(asc(accessKeys.secretId))
    .limit(dbLimits.sweepBatch)
    .for('update');
}

/** Writes the sealed secret of a key that the caller has locked. */
export async function setSecretCipher(executor: Executor, secretId: string, secretCipher: string): Promise<void> {
  await executor.update(accessKeys).set({ secretCipher }).where(eq(accessKeys.secretId, secretId));
}
