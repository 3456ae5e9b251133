import {
  findAccessKeyRow,
  findFirstAccessKey,
  findFirstAccount,
  insertAccessKey,
  insertAccount,
} from '../../db/accounts.js';
import type { Services } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import { createId, createSecretId, createSecretKey } from '../ids.js';

/** The first access key. The secret is given out only by the call that makes it. */
export interface FirstAccessKey {
  readonly accountId: string;
  readonly secretId: string;
  readonly secretKey: string | null;
}

/** Use case "look up a key for a signature check". */
export function createFindAccessKey(deps: ServiceDeps): Services['findAccessKey'] {
  return async (secretId) => {
    const row = await findAccessKeyRow(deps.database.executor, secretId);
    if (row === null) return null;
    return {
      secretId: row.secretId,
      secretKey: deps.secrets.open(row.secretCipher, row.secretId),
      accountId: row.accountId,
      enabled: row.enabled,
    };
  };
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
      const secretId = createSecretId();
      const secretKey = createSecretKey();
      await insertAccessKey(tx, {
        secretId,
        accountId: account.id,
        secretCipher: deps.secrets.seal(secretKey, secretId),
        enabled: true,
        createdAt,
      });
      return { accountId: account.id, secretId, secretKey };
    });
}
