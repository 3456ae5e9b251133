import { and, eq } from 'drizzle-orm';
import { type Executor, type GuestRow, sessionGuests } from './schema.js';

/** Identity of a guest. */
export interface GuestKey {
  readonly accountId: string;
  readonly userId: string;
}

const byKey = (key: GuestKey) => and(eq(sessionGuests.accountId, key.accountId), eq(sessionGuests.userId, key.userId));

/** Guests of a session. Lock the session first. */
export async function listGuests(executor: Executor, sessionId: string): Promise<GuestRow[]> {
  return executor.select().from(sessionGuests).where(eq(sessionGuests.sessionId, sessionId));
}

/** The session a user is a guest of. */
export async function findGuest(executor: Executor, key: GuestKey): Promise<GuestRow | null> {
  const [row] = await executor.select().from(sessionGuests).where(byKey(key));
  return row ?? null;
}

/** The guest who holds a reconnect token. */
export async function findGuestByToken(
  executor: Executor,
  key: { readonly tokenHash: string; readonly userId: string },
): Promise<GuestRow | null> {
  const [row] = await executor
    .select()
    .from(sessionGuests)
    .where(and(eq(sessionGuests.reconnectTokenHash, key.tokenHash), eq(sessionGuests.userId, key.userId)));
  return row ?? null;
}

/** Adds a guest or moves it to another session or seat. */
export async function saveGuest(executor: Executor, row: GuestRow): Promise<void> {
  const { accountId: _account, userId: _user, ...values } = row;
  await executor
    .insert(sessionGuests)
    .values(row)
    .onConflictDoUpdate({ target: [sessionGuests.accountId, sessionGuests.userId], set: values });
}

/** Takes back the mark of a guest's CreateSession call, unless it lapsed and another call has set its own. */
export async function clearGuestBusy(executor: Executor, key: GuestKey, busyUntil: number): Promise<void> {
  await executor
    .update(sessionGuests)
    .set({ busyUntil: null })
    .where(and(byKey(key), eq(sessionGuests.busyUntil, busyUntil)));
}

/** Removes a guest. */
export async function deleteGuest(executor: Executor, key: GuestKey): Promise<void> {
  await executor.delete(sessionGuests).where(byKey(key));
}
