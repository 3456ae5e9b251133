import { bigint, jsonb, pgTable, text } from 'drizzle-orm/pg-core';

/**
 * Who changed what. Names of accounts and keys are texts without reference: entries outlive what they speak of. A null
 * outcome means that the change was begun and nobody knows how it ended.
 */
export const auditLog = pgTable('audit_log', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: bigint('at', { mode: 'number' }).notNull(),
  actor: text('actor').$type<'api' | 'operator'>().notNull(),
  accountId: text('account_id').notNull(),
  secretId: text('secret_id').notNull(),
  action: text('action').notNull(),
  requestId: text('request_id').notNull(),
  sourceAddress: text('source_address').notNull(),
  targets: jsonb('targets').$type<readonly string[]>().notNull(),
  parameters: jsonb('parameters').$type<Readonly<Record<string, unknown>>>().notNull(),
  outcome: text('outcome'),
  durationMs: bigint('duration_ms', { mode: 'number' }),
});

/** Row of {@link auditLog}. */
export type AuditRow = typeof auditLog.$inferSelect;
