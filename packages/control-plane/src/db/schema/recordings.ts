import { bigint, pgTable, text } from 'drizzle-orm/pg-core';

/** Parts of recordings; the bytes are in the object store under `recordings/<sha256>`. A row outlives its session's. */
export const recordings = pgTable('recordings', {
  id: text('id').primaryKey(),
  sessionId: text('session_id').notNull(),
  accountId: text('account_id').notNull(),
  projectId: text('project_id').notNull(),
  userId: text('user_id'),
  nodeId: text('node_id').notNull(),
  startedAt: bigint('started_at', { mode: 'number' }).notNull(),
  /** Null: unknown, its writer was killed. */
  durationMs: bigint('duration_ms', { mode: 'number' }),
  sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
  sha256: text('sha256').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
});

/** Row of {@link recordings}. */
export type RecordingRow = typeof recordings.$inferSelect;
