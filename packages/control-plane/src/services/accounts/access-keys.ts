import { actionNames } from '@cloudstage/cloud-api';
import { AppError } from '@cloudstage/protocol';
import {
  type AccessKeyPatch,
  type AccessKeyRow,
  countAccessKeys,
  deleteAccessKey,
  insertAccessKey,
  listAccessKeys,
  lockAccessKey,
  updateAccessKey,
} from '../../db/access-keys.js';
import { lockAccount } from '../../db/accounts.js';
import type { Executor } from '../../db/schema.js';
import { allPermissions, findPermissionProblem } from '../../domain/permissions.js';
import type { ServiceDeps } from '../deps.js';
import { createSecretId, createSecretKey } from '../ids.js';
import { serviceLimits } from '../limits.js';
import type { AccessKeySettings, AccessKeySummary, AccountServices, NewAccessKey } from './contract.js';
import type { SigningKeys } from './signing-keys.js';
import { normaliseSourceRange } from './source-ranges.js';

const keyNotFound = (secretId: string) => new AppError('access-key-not-found', `there is no access key ${secretId}`);
const invalid = (message: string) => new AppError('access-key-invalid', message);

/** A row without its secret. */
function toSummary({ secretCipher: _cipher, ...row }: AccessKeyRow): AccessKeySummary {
  return row;
}

/** Checks what is given and writes it in its one form. */
function checkSettings(settings: Partial<AccessKeySettings>): Partial<AccessKeySettings> {
  const { name, permissions, sourceRanges, expiresAt } = settings;
  if (name !== undefined && (name.length > 64 || /\p{Cc}/u.test(name))) {
    throw invalid('the name of a key has at most 64 characters, none of them control characters');
  }
  if ((permissions?.length ?? 0) > serviceLimits.permissionsPerKey) {
    throw invalid(`a key has at most ${serviceLimits.permissionsPerKey} permissions`);
  }
  const problem = permissions?.map((permission) => findPermissionProblem(permission, actionNames)).find(Boolean);
  if (problem) throw invalid(problem);
  if ((sourceRanges?.length ?? 0) > serviceLimits.sourceRangesPerKey) {
    throw invalid(`a key has at most ${serviceLimits.sourceRangesPerKey} source ranges`);
  }
  if (expiresAt !== undefined && expiresAt !== null && !(Number.isSafeInteger(expiresAt) && expiresAt >= 0)) {
    throw invalid('the expiry is a time in milliseconds');
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(permissions === undefined ? {} : { permissions: [...new Set(permissions)] }),
    ...(sourceRanges === undefined ? {} : { sourceRanges: [...new Set(sourceRanges.map(normaliseSourceRange))] }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** Adds a key to an account that has room for it. */
export async function addAccessKey(
  deps: ServiceDeps,
  tx: Executor,
  accountId: string,
  settings: Partial<AccessKeySettings>,
): Promise<NewAccessKey> {
  if ((await lockAccount(tx, accountId)) === null) {
    throw new AppError('account-not-found', `there is no account ${accountId}`);
  }
  if ((await countAccessKeys(tx, accountId)) >= serviceLimits.accessKeysPerAccount) {
    throw new AppError(
      'too-many-access-keys',
      `account ${accountId} has ${serviceLimits.accessKeysPerAccount} access keys; delete one that is not used`,
    );
  }
  const secretId = createSecretId();
  const secretKey = createSecretKey();
  const row: AccessKeyRow = {
    name: '',
    permissions: allPermissions,
    sourceRanges: [],
    expiresAt: null,
    ...settings,
    secretId,
    accountId,
    secretCipher: deps.secrets.seal(secretKey, secretId),
    enabled: true,
    createdAt: deps.now(),
    lastUsedAt: null,
  };
  await insertAccessKey(tx, row);
  return { ...toSummary(row), secretKey };
}

/** Use case "make a second key and let the first one run out". */
function createRotate(deps: ServiceDeps, signingKeys: SigningKeys): AccountServices['rotateAccessKey'] {
  return async ({ secretId, oldValidUntil }) => {
    if (!Number.isSafeInteger(oldValidUntil)) throw invalid('the end of the old key is a time in milliseconds');
    const made = await deps.database.transaction(async (tx) => {
      const old = await lockAccessKey(tx, secretId);
      if (old === null) throw keyNotFound(secretId);
      const { accountId, name, permissions, sourceRanges } = old;
      const key = await addAccessKey(deps, tx, accountId, { name, permissions, sourceRanges });
      await updateAccessKey(tx, secretId, { expiresAt: Math.min(old.expiresAt ?? oldValidUntil, oldValidUntil) });
      return key;
    });
    signingKeys.forget();
    return made;
  };
}

/** Use case "remove a key": one that may be in use is disabled first, so that a mistake can be taken back. */
function createDelete(deps: ServiceDeps, signingKeys: SigningKeys): AccountServices['deleteAccessKey'] {
  return async (secretId) => {
    await deps.database.transaction(async (tx) => {
      const row = await lockAccessKey(tx, secretId);
      if (row === null) throw keyNotFound(secretId);
      if (row.enabled && (row.expiresAt === null || row.expiresAt > deps.now())) {
        throw new AppError('access-key-in-use', `access key ${secretId} is enabled; disable it before you delete it`);
      }
      await deleteAccessKey(tx, secretId);
    });
    signingKeys.forget();
  };
}

/** Builds the use cases of access keys. */
export function createAccessKeyUseCases(
  deps: ServiceDeps,
  signingKeys: SigningKeys,
): Omit<AccountServices, 'createAccount' | 'listAccounts' | 'disableAccount' | 'enableAccount' | 'resealSecrets'> {
  const change = async (secretId: string, patch: AccessKeyPatch): Promise<AccessKeySummary> => {
    const row = await updateAccessKey(deps.database.executor, secretId, patch);
    if (row === null) throw keyNotFound(secretId);
    signingKeys.forget();
    return toSummary(row);
  };
  return {
    createAccessKey: async ({ accountId, ...settings }) => {
      const checked = checkSettings(settings);
      return deps.database.transaction((tx) => addAccessKey(deps, tx, accountId, checked));
    },
    listAccessKeys: async (accountId) => (await listAccessKeys(deps.database.executor, accountId)).map(toSummary),
    modifyAccessKey: async (secretId, settings) => change(secretId, checkSettings(settings)),
    disableAccessKey: async (secretId) => {
      await change(secretId, { enabled: false });
    },
    enableAccessKey: async (secretId) => {
      await change(secretId, { enabled: true });
    },
    deleteAccessKey: createDelete(deps, signingKeys),
    rotateAccessKey: createRotate(deps, signingKeys),
  };
}
