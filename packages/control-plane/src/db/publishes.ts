import type { PublishState } from '@cloudstage/protocol';
import { and, asc, eq, gt, isNotNull } from 'drizzle-orm';
import { dbLimits } from './limits.js';
import { type PublishRow, sessionPublishes } from './schema/publishes.js';
import { type Executor, sessions } from './schema.js';
import { isLiveSession } from './sessions.js';

/** The push of a session; null when there was none. */
export async function findPublish(executor: Executor, sessionId: string): Promise<PublishRow | null> {
  const [row] = await executor.select().from(sessionPublishes).where(eq(sessionPublishes.sessionId, sessionId));
  return row ?? null;
}

/** Begins the push of a session, or replaces its target. */
export async function savePublish(
  executor: Executor,
  push: { readonly sessionId: string; readonly urlCipher: string; readonly now: number },
): Promise<void> {
  const values = { urlCipher: push.urlCipher, state: 'connecting', message: '', updatedAt: push.now } as const;
  await executor
    .insert(sessionPublishes)
    .values({ sessionId: push.sessionId, ...values })
    .onConflictDoUpdate({ target: sessionPublishes.sessionId, set: values });
}

/** A push's new state. `now`: epoch milliseconds. */
export interface PublishChange {
  readonly sessionId: string;
  readonly state: PublishState;
  readonly message: string;
  readonly now: number;
}

/** Statement of {@link setPublishState}. */
export function publishStateUpdate(executor: Executor, push: PublishChange) {
  return executor
    .update(sessionPublishes)
    .set({
      state: push.state,
      message: push.message,
      updatedAt: push.now,
      ...(push.state === 'stopped' ? { urlCipher: null } : {}),
    })
    .where(eq(sessionPublishes.sessionId, push.sessionId));
}

/** Writes the state of a push; one that is over loses its target, a secret nobody needs. A session without push gets none. */
export async function setPublishState(executor: Executor, push: PublishChange): Promise<void> {
  await publishStateUpdate(executor, push);
}

/** A push that a node is to carry out. */
export interface WantedPublish {
  readonly sessionId: string;
  readonly slotIndex: number;
  readonly urlCipher: string;
}

/** Pushes of the live sessions on a node. */
export async function listWantedPublishes(executor: Executor, nodeId: string): Promise<WantedPublish[]> {
  const found = await executor
    .select({
      sessionId: sessions.id,
      slotIndex: sessions.slotIndex,
      urlCipher: sessionPublishes.urlCipher,
    })
    .from(sessionPublishes)
    .innerJoin(sessions, eq(sessions.id, sessionPublishes.sessionId))
    .where(and(eq(sessions.nodeId, nodeId), isLiveSession, isNotNull(sessionPublishes.urlCipher)))
    .limit(dbLimits.listRows);
  return found.flatMap(({ urlCipher, ...row }) => (urlCipher === null ? [] : [{ ...row, urlCipher }]));
}

/** The next targets after `after` in the order of their sessions, locked: for walking through all of them. */
export async function lockNextPublishes(
  executor: Executor,
  after: string,
): Promise<readonly { readonly sessionId: string; readonly urlCipher: string }[]> {
  const found = await executor
    .select({ sessionId: sessionPublishes.sessionId, urlCipher: sessionPublishes.urlCipher })
    .from(sessionPublishes)
    .where(and(gt(sessionPublishes.sessionId, after), isNotNull(sessionPublishes.urlCipher)))
    .orderBy(asc(sessionPublishes.sessionId))
    .limit(dbLimits.sweepBatch)
    .for('update');
  return found.flatMap(({ sessionId, urlCipher }) => (urlCipher === null ? [] : [{ sessionId, urlCipher }]));
}

/** Writes the sealed target of a push that the caller has locked. */
export async function setPublishCipher(executor: Executor, sessionId: string, urlCipher: string): Promise<void> {
  await executor.update(sessionPublishes).set({ urlCipher }).where(eq(sessionPublishes.sessionId, sessionId));
}
