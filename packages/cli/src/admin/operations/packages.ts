import { Type } from 'typebox';
import { defineOperation } from '../operation.js';
import { idField, inputObject, nameField } from './fields.js';

const amountField = () => Type.Integer({ minimum: 0, maximum: 1_000_000 });
/** Epoch milliseconds; null: never. */
const expiryField = () => Type.Union([Type.Integer(), Type.Null()]);

/** Concurrency packages as the operator gives them. */
export const packageOperations = {
  'package.grant': defineOperation({
    input: inputObject({
      /** Absent: the first account. */
      accountId: Type.Optional(idField()),
      name: nameField(),
      type: Type.String({ maxLength: 64 }),
      region: Type.String({ maxLength: 64 }),
      amount: amountField(),
      expiresAt: expiryField(),
      force: Type.Boolean(),
    }),
    run: (admin, input) => admin.grantPackage(input),
  }),
  'package.list': defineOperation({
    input: inputObject({ accountId: Type.Optional(idField()) }),
    run: (admin, { accountId }) => admin.listPackages(accountId ?? null),
  }),
  'package.resize': defineOperation({
    input: inputObject({ packageId: idField(), amount: amountField(), force: Type.Boolean() }),
    run: (admin, input) => admin.resizePackage(input),
  }),
  'package.expire': defineOperation({
    input: inputObject({ packageId: idField(), expiresAt: expiryField() }),
    run: (admin, input) => admin.setPackageExpiry(input),
  }),
  'package.revoke': defineOperation({
    input: inputObject({ packageId: idField() }),
    run: async (admin, { packageId }) => {
      await admin.revokePackage(packageId);
      return { packageId };
    },
  }),
} as const;
