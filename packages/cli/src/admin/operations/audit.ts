import { Type } from 'typebox';
import { defineOperation } from '../operation.js';
import { idField, inputObject } from './fields.js';

/** The audit log. */
export const auditOperations = {
  'audit.list': defineOperation({
    input: inputObject({
      accountId: Type.Optional(idField()),
      secretId: Type.Optional(idField()),
      action: Type.Optional(idField()),
      requestId: Type.Optional(idField()),
      target: Type.Optional(idField()),
      outcome: Type.Optional(idField()),
      /** Epoch milliseconds, inclusive. */
      from: Type.Optional(Type.Integer()),
      /** Epoch milliseconds, exclusive. */
      to: Type.Optional(Type.Integer()),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    }),
    run: (admin, query) => admin.queryAuditLog(query),
  }),
} as const;
