import { Type } from 'typebox';
import { defineOperation, defineStream } from '../operation.js';
import { idField, inputObject } from './fields.js';

const usageInput = inputObject({
  /** Absent: of all accounts. */
  accountId: Type.Optional(idField()),
  /** Absent: of all projects. */
  projectId: Type.Optional(idField()),
  /** Epoch milliseconds, inclusive. */
  from: Type.Integer(),
  /** Epoch milliseconds, exclusive. */
  to: Type.Integer(),
});

/** Use of concurrency. */
export const usageOperations = {
  'usage.totals': defineOperation({ input: usageInput, run: (admin, query) => admin.readUsageTotals(query) }),
} as const;

/** The same, record by record. */
export const usageStreams = {
  'usage.export': defineStream({ input: usageInput, read: (admin, query) => admin.exportUsage(query) }),
} as const;
