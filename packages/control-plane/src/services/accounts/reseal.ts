import { isAppError } from '@cloudstage/protocol';
import { lockNextAccessKeys, setSecretCipher } from '../../db/access-keys.js';
import type { ServiceDeps } from '../deps.js';
import type { AccountServices } from './contract.js';

type Fate = 'resealed' | 'current' | 'unreadable';

/** Use case "seal everything with the current master key", in small transactions; may be repeated at any time. */
export function createReseal(deps: ServiceDeps): AccountServices['resealSecrets'] {
  const resealOne = (secretCipher: string, secretId: string): { readonly fate: Fate; readonly cipher: string } => {
    try {
      const cipher = deps.secrets.reseal(secretCipher, secretId);
      return cipher === null ? { fate: 'current', cipher: secretCipher } : { fate: 'resealed', cipher };
    } catch (error) {
      if (!isAppError(error, 'secret-unreadable')) throw error;
      return { fate: 'unreadable', cipher: secretCipher };
    }
  };
  return async () => {
    const fates: { readonly secretId: string; readonly fate: Fate }[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const from: string = after;
      const batch = await deps.database.transaction(async (tx) => {
        const done: { secretId: string; fate: Fate }[] = [];
        for (const row of await lockNextAccessKeys(tx, from)) {
          const { fate, cipher } = resealOne(row.secretCipher, row.secretId);
          if (fate === 'resealed') await setSecretCipher(tx, row.secretId, cipher);
          done.push({ secretId: row.secretId, fate });
        }
        return done;
      });
      fates.push(...batch);
      after = batch.at(-1)?.secretId ?? null;
    }
    const count = (fate: Fate) => fates.filter((entry) => entry.fate === fate).length;
    const unreadable = fates.filter((entry) => entry.fate === 'unreadable').map((entry) => entry.secretId);
    return { resealed: count('resealed'), current: count('current'), unreadable };
  };
}
