import { eq, type SQL, sql } from 'drizzle-orm';
import type { UsageInterval } from '../domain/usage.js';
import { publishStateUpdate } from './publishes.js';
import { rows } from './rows.js';
import { type SessionEventRow, sessionEvents } from './schema/history.js';
import { type Executor, sessionGuests, sessions } from './schema.js';
import type { SessionPatch } from './sessions.js';
import { usageIntervalInsert } from './usage.js';

/** Everything that changes with a session's state. */
export interface SessionChange {
  readonly sessionId: string;
  readonly patch: SessionPatch;
  /** Interval of use that ends with the change. It takes its facts from the row as it was. */
  readonly interval: UsageInterval | null;
  /** Line of the history. */
  readonly event: Omit<SessionEventRow, 'seq'> | null;
  /** Epoch milliseconds; not null: the session is over. Its guests have nowhere to go, and its push is over. */
  readonly overAt: number | null;
}

/**
 * Writes a change of a session that the caller has locked as one statement: all parts see the rows as they were, and a
 * database server is asked once.
 */
export async function writeSessionChange(executor: Executor, change: SessionChange): Promise<void> {
  const { sessionId } = change;
  const parts: SQL[] = [];
  if (change.interval !== null) parts.push(usageIntervalInsert(sessionId, change.interval));
  if (change.event !== null) parts.push(executor.insert(sessionEvents).values(change.event).getSQL());
  if (change.overAt !== null) {
    const stopped = { sessionId, state: 'stopped', message: '', now: change.overAt } as const;
    parts.push(
      executor.delete(sessionGuests).where(eq(sessionGuests.sessionId, sessionId)).getSQL(),
      publishStateUpdate(executor, stopped).getSQL(),
    );
  }
  if (Object.keys(change.patch).length > 0) {
    parts.push(executor.update(sessions).set(change.patch).where(eq(sessions.id, sessionId)).getSQL());
  }
  const last = parts.pop();
  if (last === undefined) return;
  const before = parts.map((part, index) => sql`${sql.identifier(`part_${index}`)} AS (${part})`);
  await rows(executor, before.length === 0 ? last : sql`WITH ${sql.join(before, sql`, `)} ${last}`);
}
