import { findFirstAccessKey } from '../../db/access-keys.js';
import { findFirstAccount, insertAccount } from '../../db/accounts.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { addAccessKey } from './access-keys.js';

/** The first access key. The secret is given out only by the call that makes it. */
export interface FirstAccessKey {
  readonly accountId: string;
  readonly secretId: string;
  readonly secretKey: string | null;
}

/** Makes account and key at the first start; later calls find them. */
export type EnsureAccessKey = () => Promise<FirstAccessKey>;

/** Use case "there is an account with a key". */
export function createEnsureAccessKey(deps: ServiceDeps): EnsureAccessKey {
  return () =>
    deps.database.transaction(async (tx) => {
      const createdAt = deps.now();
      const account =
        (await findFirstAccount(tx)) ?? (await insertAccount(tx, { id: createId('acc'), name: 'default', createdAt }));
      const existing = await findFirstAccessKey(tx, account.id);
      if (existing !== null) return { accountId: account.id, secretId: existing.secretId, secretKey: null };
      const { secretId, secretKey } = await addAccessKey(deps, tx, account.id, {});
      return { accountId: account.id, secretId, secretKey };
    });
}
