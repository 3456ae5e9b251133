import type { SessionEndReason } from '@cloudstage/protocol';
import { and, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { SessionStateName } from '../domain/session-state.js';
import { rows } from './rows.js';
import { type Executor, type SessionRow, sessions } from './schema.js';
import { isLiveSession } from './sessions.js';

/** Conditions that all must hold; absent ones hold. */
export interface SessionQuery {
  readonly accountId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly userId?: string | undefined;
  readonly nodeId?: string | undefined;
  readonly states?: readonly SessionStateName[] | undefined;
  readonly endReasons?: readonly SessionEndReason[] | undefined;
  /** Created at or after. */
  readonly from?: number | undefined;
  /** Created before. */
  readonly to?: number | undefined;
  /** Only sessions after this one in the order of the list. */
  readonly after?: { readonly createdAt: number; readonly id: string } | undefined;
  readonly limit: number;
}

function conditionsOf(query: SessionQuery): SQL[] {
  const conditions: SQL[] = [];
  if (query.accountId !== undefined) conditions.push(eq(sessions.accountId, query.accountId));
  if (query.projectId !== undefined) conditions.push(eq(sessions.projectId, query.projectId));
  if (query.userId !== undefined) conditions.push(eq(sessions.userId, query.userId));
  if (query.nodeId !== undefined) conditions.push(eq(sessions.nodeId, query.nodeId));
  if (query.states !== undefined) {
    conditions.push(inArray(sessions.state, [...query.states]));
    if (!query.states.includes('ended')) conditions.push(isLiveSession);
  }
  if (query.endReasons !== undefined) conditions.push(inArray(sessions.endReason, [...query.endReasons]));
  if (query.from !== undefined) conditions.push(gte(sessions.createdAt, query.from));
  if (query.to !== undefined) conditions.push(lt(sessions.createdAt, query.to));
  if (query.after !== undefined) {
    const { createdAt, id } = query.after;
    conditions.push(sql`(${sessions.createdAt}, ${sessions.id}) < (${createdAt}::bigint, ${id})`);
  }
  return conditions;
}

/** Sessions, newest first. */
export async function querySessionRows(executor: Executor, query: SessionQuery): Promise<SessionRow[]> {
  return executor
    .select()
    .from(sessions)
    .where(and(...conditionsOf(query)))
    .orderBy(desc(sessions.createdAt), desc(sessions.id))
    .limit(query.limit);
}

/** Deletes sessions that ended before a time, with their events and guests; returns how many. */
export async function deleteSessionsEndedBefore(executor: Executor, before: number, limit: number): Promise<number> {
  const deleted = await rows<{ id: string }>(
    executor,
    // An array is looked up by index, whatever the server thinks of the limit.
    sql`DELETE FROM sessions WHERE id = ANY (ARRAY(
          SELECT id FROM sessions WHERE state = 'ended' AND ended_at < ${before} ORDER BY ended_at LIMIT ${limit}
          FOR UPDATE SKIP LOCKED))
        RETURNING id`,
  );
  return deleted.length;
}
