import { bigint, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { SessionStateName } from '../../domain/session-state.js';
import type { UsageKind } from '../../domain/usage.js';

/** What has happened to sessions. `transactionId` orders events as they became visible; `seq` as they were written. */
export const sessionEvents = pgTable('session_events', {
  seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  sessionId: text('session_id').notNull(),
  accountId: text('account_id').notNull(),
  at: bigint('at', { mode: 'number' }).notNull(),
  type: text('type').notNull(),
  state: text('state').$type<SessionStateName>().notNull(),
  detail: text('detail').notNull(),
});

/** Closed intervals of use; the open one of a live session is in its own row. */
export const usageIntervals = pgTable(
  'usage_intervals',
  {
    sessionId: text('session_id').notNull(),
    startedAt: bigint('started_at', { mode: 'number' }).notNull(),
    endedAt: bigint('ended_at', { mode: 'number' }).notNull(),
    kind: text('kind').$type<UsageKind>().notNull(),
    accountId: text('account_id').notNull(),
    projectId: text('project_id').notNull(),
    applicationId: text('application_id').notNull(),
    concurrencyType: text('concurrency_type').notNull(),
    region: text('region').notNull(),
    userId: text('user_id'),
  },
  (table) => [primaryKey({ columns: [table.sessionId, table.startedAt] })],
);

/** Media types that a background image may have. */
export type BackgroundImageType = 'image/png' | 'image/jpeg' | 'image/webp';

/** Pictures that pages show until the first frame. The bytes are in the object store under `images/<sha256>`. */
export const backgroundImages = pgTable('background_images', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  name: text('name').notNull(),
  contentType: text('content_type').$type<BackgroundImageType>().notNull(),
  sha256: text('sha256').notNull(),
  sizeBytes: integer('size_bytes').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
});

/** Row of {@link sessionEvents}. */
export type SessionEventRow = typeof sessionEvents.$inferSelect;
/** Row of {@link backgroundImages}. */
export type BackgroundImageRow = typeof backgroundImages.$inferSelect;
