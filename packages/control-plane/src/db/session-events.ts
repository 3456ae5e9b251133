import { desc, eq, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import { type SessionEventRow, sessionEvents } from './schema/history.js';
import type { Executor } from './schema.js';

/** Writes one event of a session's history. */
export async function insertSessionEvent(executor: Executor, event: Omit<SessionEventRow, 'seq'>): Promise<void> {
  await executor.insert(sessionEvents).values(event);
}

/** The last events of a session, oldest first. */
export async function listSessionEvents(
  executor: Executor,
  key: { readonly sessionId: string; readonly limit: number },
): Promise<SessionEventRow[]> {
  const newest = await executor
    .select()
    .from(sessionEvents)
    .where(eq(sessionEvents.sessionId, key.sessionId))
    .orderBy(desc(sessionEvents.seq))
    .limit(key.limit);
  return newest.reverse();
}

/** Place in the feed: everything before it has been told. */
export interface FeedPosition {
  readonly transactionId: number;
  readonly seq: number;
}

/** An event of the feed, with what a line about it says. */
export interface FeedEventRow extends SessionEventRow {
  readonly transactionId: number;
  readonly userId: string | null;
  readonly projectId: string;
  readonly nodeId: string;
}

/** The place from which only what happens from now on is told. */
export async function readFeedEnd(executor: Executor): Promise<FeedPosition> {
  const [row] = await rows<{ transactionId: number }>(
    executor,
    sql`SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS "transactionId"`,
  );
  return { transactionId: Number(row?.transactionId ?? 0), seq: 0 };
}

/**
 * Events after a place, in an order in which none can appear later in front of another: numbers are given out before
 * transactions commit, so the transaction's own number leads, and those that may still run wait for the next look.
 */
export async function readFeed(
  executor: Executor,
  query: { readonly after: FeedPosition; readonly accountId: string | null; readonly limit: number },
): Promise<readonly FeedEventRow[]> {
  const ofAccount = query.accountId === null ? sql`true` : sql`e.account_id = ${query.accountId}`;
  const found = await rows<FeedEventRow>(
    executor,
    sql`
    SELECT e.seq, e.transaction_id AS "transactionId", e.session_id AS "sessionId", e.account_id AS "accountId", e.at,
      e.type, e.state, e.detail, s.user_id AS "userId", s.project_id AS "projectId", s.node_id AS "nodeId"
    FROM session_events e JOIN sessions s ON s.id = e.session_id
    WHERE (e.transaction_id, e.seq) > (${query.after.transactionId}::bigint, ${query.after.seq}::bigint)
      AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AND ${ofAccount}
    ORDER BY e.transaction_id, e.seq LIMIT ${query.limit}`,
  );
  return found;
}

/**
 * Counts transactions of another server as past ones: after a restore their numbers may lie in the future of this one, which
 * would tell them a second time when it gets there. Returns how many events there were.
 */
export async function settleForeignEvents(executor: Executor): Promise<number> {
  const settled = await rows<{ seq: number }>(
    executor,
    sql`UPDATE session_events SET transaction_id = 0
        WHERE transaction_id >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint RETURNING seq`,
  );
  return settled.length;
}

/** Deletes old events, also of sessions that still run; returns how many. */
export async function deleteEventsBefore(executor: Executor, before: number, limit: number): Promise<number> {
  const deleted = await rows<{ seq: number }>(
    executor,
    // An array is looked up by index, whatever the server thinks of the limit.
    sql`DELETE FROM session_events WHERE seq = ANY (ARRAY(
          SELECT seq FROM session_events WHERE at < ${before} ORDER BY at LIMIT ${limit}))
        RETURNING seq`,
  );
  return deleted.length;
}
