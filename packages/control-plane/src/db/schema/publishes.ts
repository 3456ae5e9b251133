import type { PublishState } from '@cloudstage/protocol';
import { bigint, pgTable, text } from 'drizzle-orm/pg-core';

/** Live pushes by session. `urlCipher` is sealed with the session's id, and null once the push is over. */
export const sessionPublishes = pgTable('session_publishes', {
  sessionId: text('session_id').primaryKey(),
  urlCipher: text('url_cipher'),
  state: text('state').$type<PublishState>().notNull(),
  message: text('message').notNull(),
  updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
});

/** Row of {@link sessionPublishes}. */
export type PublishRow = typeof sessionPublishes.$inferSelect;
