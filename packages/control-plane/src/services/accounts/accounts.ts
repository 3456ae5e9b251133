import { AppError } from '@cloudstage/protocol';
import { countAccounts, insertAccount, listAccounts, setAccountEnabled } from '../../db/accounts.js';
import { isUniqueViolation } from '../../db/rows.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { serviceLimits } from '../limits.js';
import type { AccountServices } from './contract.js';
import type { SigningKeys } from './signing-keys.js';

/** Names without control characters, as people see them in lists. */
export function isDisplayName(name: string): boolean {
  return name.trim() !== '' && name.length <= 64 && !/\p{Cc}/u.test(name);
}

/** Use case "make an account". */
function createCreateAccount(deps: ServiceDeps): AccountServices['createAccount'] {
  return async ({ name }) => {
    if (!isDisplayName(name)) {
      throw new AppError(
        'account-name-invalid',
        'the name of an account has 1 to 64 characters, none of them control characters',
      );
    }
    try {
      return await deps.database.transaction(async (tx) => {
        if ((await countAccounts(tx)) >= serviceLimits.maxAccounts) {
          throw new AppError('too-many-accounts', `there are ${serviceLimits.maxAccounts} accounts already`);
        }
        const { id, ...row } = await insertAccount(tx, { id: createId('acc'), name, createdAt: deps.now() });
        return { accountId: id, ...row, accessKeys: 0 };
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new AppError('account-exists', `there is an account "${name}" already`, { cause: error });
    }
  };
}

function createSetEnabled(deps: ServiceDeps, signingKeys: SigningKeys, enabled: boolean) {
  return async (accountId: string): Promise<void> => {
    if (!(await setAccountEnabled(deps.database.executor, accountId, enabled))) {
      throw new AppError('account-not-found', `there is no account ${accountId}`);
    }
    signingKeys.forget();
  };
}

/** Builds the use cases of accounts. */
export function createAccountUseCases(
  deps: ServiceDeps,
  signingKeys: SigningKeys,
): Pick<AccountServices, 'createAccount' | 'listAccounts' | 'disableAccount' | 'enableAccount'> {
  return {
    createAccount: createCreateAccount(deps),
    listAccounts: async () =>
      (await listAccounts(deps.database.executor)).map(({ id, ...row }) => ({ accountId: id, ...row })),
    disableAccount: createSetEnabled(deps, signingKeys, false),
    enableAccount: createSetEnabled(deps, signingKeys, true),
  };
}
