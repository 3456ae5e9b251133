/**
 * Users who wait for a slot, first come, first served. PURE: time is an argument, every operation returns a new queue.
 */

/** One user in the queue, with what is needed to reserve a slot. */
export interface WaitingUser {
  readonly userId: string;
  readonly userIp: string;
  readonly projectId: string;
  readonly applicationId: string | undefined;
  readonly applicationVersionId: string | undefined;
}

/** Queue entries in order. Iteration order of a Map is insertion order, and replacing a value keeps its place. */
export type WaitQueue = ReadonlyMap<string, { readonly user: WaitingUser; readonly askedAtMs: number }>;

/** Outcome of {@link enqueue}. */
export type EnqueueOutcome =
  | { readonly type: 'waiting'; readonly queue: WaitQueue; readonly index: number }
  | { readonly type: 'full' };

/** A queue without users. */
export const emptyQueue: WaitQueue = new Map();

/** Puts a user at the end, or notes that a waiting one still asks, with what it wants now. `index` counts from 0. */
export function enqueue(queue: WaitQueue, user: WaitingUser, nowMs: number, maxLength: number): EnqueueOutcome {
  if (!queue.has(user.userId) && queue.size >= maxLength) return { type: 'full' };
  const next = new Map(queue).set(user.userId, { user, askedAtMs: nowMs });
  return { type: 'waiting', queue: next, index: indexOf(next, user.userId) };
}

/** Queue without the user; the same one when it does not wait. */
export function dequeue(queue: WaitQueue, userId: string): WaitQueue {
  if (!queue.has(userId)) return queue;
  const next = new Map(queue);
  next.delete(userId);
  return next;
}

/** Queue without the users who have not asked for `expiryMs`. */
export function dropExpired(queue: WaitQueue, nowMs: number, expiryMs: number): WaitQueue {
  const kept = [...queue].filter(([, entry]) => nowMs - entry.askedAtMs <= expiryMs);
  return kept.length === queue.size ? queue : new Map(kept);
}

/** The user whose turn is next, or null. */
export function headOf(queue: WaitQueue): WaitingUser | null {
  for (const entry of queue.values()) return entry.user;
  return null;
}

/** Place of a user, from 0; −1 when it does not wait. */
export function indexOf(queue: WaitQueue, userId: string): number {
  return [...queue.keys()].indexOf(userId);
}
