import { and, desc, eq, getTableColumns, lte, sql } from 'drizzle-orm';
import { dbLimits } from './limits.js';
import { rows } from './rows.js';
import { type Executor, type SessionRow, type SlotRow, sessions, slots } from './schema.js';

/**
 * The session has not ended. Written out, not as a parameter: the indexes of live sessions have this condition, and the plan of a
 * prepared statement uses them only if it holds for every value.
 */
export const isLiveSession = sql`${sessions.state} <> 'ended'`;

interface UserKey {
  readonly accountId: string;
  readonly userId: string;
}

const isLiveOf = ({ accountId, userId }: UserKey) =>
  and(eq(sessions.accountId, accountId), eq(sessions.userId, userId), isLiveSession);

/** The user's live session, unlocked; null when there is none. */
export async function findLiveSession(executor: Executor, key: UserKey): Promise<SessionRow | null> {
  const [row] = await executor.select().from(sessions).where(isLiveOf(key));
  return row ?? null;
}

/** The user's live session, locked until the transaction ends. */
export async function lockLiveSession(executor: Executor, key: UserKey): Promise<SessionRow | null> {
  const [row] = await executor.select().from(sessions).where(isLiveOf(key)).for('update');
  return row ?? null;
}

/** The slot of a user's live session, locked. Lock the session first; the two statements may travel together. */
export async function lockSlotOfLiveSession(executor: Executor, key: UserKey): Promise<SlotRow | null> {
  const [row] = await executor
    .select(getTableColumns(slots))
    .from(slots)
    .innerJoin(sessions, and(eq(sessions.nodeId, slots.nodeId), eq(sessions.slotIndex, slots.slotIndex)))
    .where(isLiveOf(key))
    .for('update', { of: slots });
  return row ?? null;
}

/** A session by id, locked until the transaction ends. */
export async function lockSession(executor: Executor, sessionId: string): Promise<SessionRow | null> {
  const [row] = await executor.select().from(sessions).where(eq(sessions.id, sessionId)).for('update');
  return row ?? null;
}

/** A session by id, unlocked. */
export async function findSession(executor: Executor, sessionId: string): Promise<SessionRow | null> {
  const [row] = await executor.select().from(sessions).where(eq(sessions.id, sessionId));
  return row ?? null;
}

/** The live session whose host holds a reconnect token. */
export async function findSessionByToken(
  executor: Executor,
  key: { readonly tokenHash: string; readonly userId: string },
): Promise<SessionRow | null> {
  const [row] = await executor
    .select()
    .from(sessions)
    .where(and(eq(sessions.reconnectTokenHash, key.tokenHash), eq(sessions.userId, key.userId), isLiveSession));
  return row ?? null;
}

/** Fields of a session that change during its life. */
export type SessionPatch = Partial<
  Pick<
    SessionRow,
    | 'state'
    | 'deadlineAt'
    | 'busyUntil'
    | 'runWithoutClient'
    | 'launchedAt'
    | 'endReason'
    | 'exitCode'
    | 'endedAt'
    | 'userIp'
    | 'applicationParameters'
    | 'reconnectTokenHash'
    | 'userId'
    | 'createdAt'
    | 'reconnectGraceMs'
    | 'launchFingerprint'
    | 'usageSince'
    | 'expiresAt'
    | 'runSettings'
  >
>;

/** Writes fields of a session that the caller has locked. */
export async function updateSession(executor: Executor, sessionId: string, patch: SessionPatch): Promise<void> {
  await executor.update(sessions).set(patch).where(eq(sessions.id, sessionId));
}

/** Takes back the mark of a CreateSession call, unless it lapsed and another call has set its own. */
export async function clearSessionBusy(executor: Executor, sessionId: string, busyUntil: number): Promise<void> {
  await executor
    .update(sessions)
    .set({ busyUntil: null })
    .where(and(eq(sessions.id, sessionId), eq(sessions.busyUntil, busyUntil)));
}

/** Live sessions on a node in the order of their ids, locked. */
export async function lockSessionsOfNode(executor: Executor, nodeId: string): Promise<SessionRow[]> {
  return executor
    .select()
    .from(sessions)
    .where(and(eq(sessions.nodeId, nodeId), isLiveSession))
    .orderBy(sessions.id)
    .for('update');
}

/** Sessions whose deadline has come, locked; those that another process holds are skipped. */
export async function lockDueSessions(executor: Executor, now: number): Promise<SessionRow[]> {
  return executor
    .select()
    .from(sessions)
    .where(and(isLiveSession, sql`${sessions.deadlineAt} <= ${now}`))
    .orderBy(sessions.deadlineAt)
    .limit(dbLimits.sweepBatch)
    .for('update', { skipLocked: true });
}

/** Sessions whose longest duration is over, locked; those that another process holds are skipped. */
export async function lockExpiredSessions(executor: Executor, now: number): Promise<SessionRow[]> {
  return executor
    .select()
    .from(sessions)
    .where(and(isLiveSession, sql`${sessions.state} <> 'ending'`, lte(sessions.expiresAt, now)))
    .orderBy(sessions.expiresAt)
    .limit(dbLimits.sweepBatch)
    .for('update', { skipLocked: true });
}

/**
 * Moves the deadlines of sessions that are waiting for their client to at least `earliest`: while the control plane was
 * down, no client could reconnect. Returns how many.
 */
export async function postponeClientDeadlines(executor: Executor, earliest: number): Promise<number> {
  const moved = await rows<{ id: string }>(
    executor,
    sql`UPDATE sessions SET deadline_at = ${earliest}
        WHERE state IN ('starting', 'waiting-reconnect') AND deadline_at < ${earliest} RETURNING id`,
  );
  return moved.length;
}

/** Sessions, live ones only or also past ones, newest first, at most 1,000. */
export async function listSessions(
  executor: Executor,
  options: { readonly includeEnded: boolean },
): Promise<SessionRow[]> {
  return executor
    .select()
    .from(sessions)
    .where(options.includeEnded ? undefined : isLiveSession)
    .orderBy(desc(sessions.createdAt), sessions.id)
    .limit(dbLimits.listRows);
}
