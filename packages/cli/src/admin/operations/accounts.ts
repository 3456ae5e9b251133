import type { ControlPlaneAdmin } from '@cloudstage/control-plane';
import { AppError } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { defineOperation } from '../operation.js';
import { idField, inputObject, nameField } from './fields.js';

/** Without an id, operators mean the first account: most installations have no other. */
export async function accountIdOr(admin: ControlPlaneAdmin, accountId: string | undefined): Promise<string> {
  const chosen = accountId ?? (await admin.listAccounts())[0]?.accountId;
  if (chosen === undefined) throw new AppError('account-not-found', 'There is no account yet.');
  return chosen;
}

const accountInput = inputObject({ accountId: idField() });
const keyInput = inputObject({ secretId: idField() });

/** Settings of a key; the control plane checks what they say. */
const keySettings = {
  name: Type.Optional(nameField()),
  permissions: Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems: 256 })),
  sourceRanges: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 })),
  /** Epoch milliseconds; null: never. */
  expiresAt: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
};

/** Accounts and their access keys. */
export const accountOperations = {
  'account.create': defineOperation({
    input: inputObject({ name: nameField() }),
    run: (admin, input) => admin.createAccount(input),
  }),
  'account.list': defineOperation({ input: inputObject({}), run: (admin) => admin.listAccounts() }),
  'account.disable': defineOperation({
    input: accountInput,
    run: async (admin, { accountId }) => {
      await admin.disableAccount(accountId);
      return { accountId };
    },
  }),
  'account.enable': defineOperation({
    input: accountInput,
    run: async (admin, { accountId }) => {
      await admin.enableAccount(accountId);
      return { accountId };
    },
  }),
  'key.create': defineOperation({
    input: inputObject({ accountId: Type.Optional(idField()), ...keySettings }),
    run: async (admin, { accountId, ...settings }) =>
      admin.createAccessKey({ ...settings, accountId: await accountIdOr(admin, accountId) }),
  }),
  'key.list': defineOperation({
    input: inputObject({ accountId: Type.Optional(idField()) }),
    run: (admin, { accountId }) => admin.listAccessKeys(accountId ?? null),
  }),
  'key.modify': defineOperation({
    input: inputObject({ secretId: idField(), ...keySettings }),
    run: (admin, { secretId, ...settings }) => admin.modifyAccessKey(secretId, settings),
  }),
  'key.disable': defineOperation({
    input: keyInput,
    run: async (admin, { secretId }) => {
      await admin.disableAccessKey(secretId);
      return { secretId };
    },
  }),
  'key.enable': defineOperation({
    input: keyInput,
    run: async (admin, { secretId }) => {
      await admin.enableAccessKey(secretId);
      return { secretId };
    },
  }),
  'key.delete': defineOperation({
    input: keyInput,
    run: async (admin, { secretId }) => {
      await admin.deleteAccessKey(secretId);
      return { secretId };
    },
  }),
  /** The old key goes on for a while, so that its users can be moved. */
  'key.rotate': defineOperation({
    input: inputObject({ secretId: idField(), oldValidUntil: Type.Integer({ minimum: 0 }) }),
    run: (admin, input) => admin.rotateAccessKey(input),
  }),
  'key.reseal': defineOperation({ input: inputObject({}), run: (admin) => admin.resealSecrets() }),
} as const;
