import { and, eq, sql } from 'drizzle-orm';
import { dbLimits } from './limits.js';
import { rows } from './rows.js';
import { concurrencies } from './schema/concurrency.js';
import { type Executor, type SlotRow, slots } from './schema.js';

/** Address of a slot. */
export interface SlotKey {
  readonly nodeId: string;
  readonly slotIndex: number;
}

const byKey = (key: SlotKey) => and(eq(slots.nodeId, key.nodeId), eq(slots.slotIndex, key.slotIndex));

/** A slot, unlocked. */
export async function findSlot(executor: Executor, key: SlotKey): Promise<SlotRow | null> {
  const [row] = await executor.select().from(slots).where(byKey(key));
  return row ?? null;
}

/** A slot, locked until the transaction ends. Lock its session first. */
export async function lockSlot(executor: Executor, key: SlotKey): Promise<SlotRow | null> {
  const [row] = await executor.select().from(slots).where(byKey(key)).for('update');
  return row ?? null;
}

/** All slots of a node, locked. Lock the node's sessions first. */
export async function lockSlotsOfNode(executor: Executor, nodeId: string): Promise<SlotRow[]> {
  return executor.select().from(slots).where(eq(slots.nodeId, nodeId)).orderBy(slots.slotIndex).for('update');
}

/** Writes a slot that the caller has locked. */
export async function updateSlot(
  executor: Executor,
  key: SlotKey,
  patch: Pick<SlotRow, 'state' | 'sessionId' | 'projectId' | 'deadlineAt' | 'packageId'>,
): Promise<void> {
  await executor.update(slots).set(patch).where(byKey(key));
}

/** Writes to a node's slots where placement finds them. The caller has locked the node. */
export async function placeSlotsOfNode(
  executor: Executor,
  nodeId: string,
  place: Pick<SlotRow, 'online' | 'poolId'>,
): Promise<void> {
  await executor.update(slots).set(place).where(eq(slots.nodeId, nodeId));
}

/** Takes a node's slots out of placement. Seats of sessions that have ended are free: their cleaning will not be reported. */
export async function setSlotsOffline(executor: Executor, nodeId: string): Promise<void> {
  await rows(
    executor,
    sql`UPDATE concurrencies q SET session_id = NULL FROM slots sl JOIN sessions s ON s.id = sl.session_id
        WHERE sl.node_id = ${nodeId} AND sl.package_id IS NOT NULL AND s.state = 'ended' AND q.session_id = s.id`,
  );
  await rows(
    executor,
    sql`UPDATE slots SET online = false, package_id = CASE WHEN state = 'cleaning' THEN NULL ELSE package_id END
        WHERE node_id = ${nodeId}`,
  );
}

/** Frees the seat that a session takes. */
export async function releaseSeat(executor: Executor, sessionId: string): Promise<void> {
  await executor.update(concurrencies).set({ sessionId: null }).where(eq(concurrencies.sessionId, sessionId));
}

/** Adds a slot that a node has described for the first time. */
export async function insertSlot(executor: Executor, row: SlotRow): Promise<void> {
  await executor.insert(slots).values(row);
}

/** Removes a slot that its node no longer has. */
export async function deleteSlot(executor: Executor, key: SlotKey): Promise<void> {
  await executor.delete(slots).where(byKey(key));
}

/** All slots, for listings and tests. */
export async function listSlots(executor: Executor): Promise<SlotRow[]> {
  return executor.select().from(slots).orderBy(slots.nodeId, slots.slotIndex).limit(dbLimits.listRows);
}

/** Slots of online nodes that have been cleaning for too long, locked; those that another process holds are skipped. */
export async function lockOverdueSlots(executor: Executor, now: number): Promise<readonly SlotKey[]> {
  return rows<SlotKey>(
    executor,
    sql`SELECT sl.node_id AS "nodeId", sl.slot_index AS "slotIndex" FROM slots sl WHERE sl.online AND sl.deadline_at <= ${now} ORDER BY sl.deadline_at LIMIT ${dbLimits.sweepBatch}
        FOR UPDATE OF sl SKIP LOCKED`,
  );
}

/** Sets when the node is asked again about slots that are cleaning. */
export async function postponeSlot(executor: Executor, key: SlotKey, deadlineAt: number): Promise<void> {
  await executor
    .update(slots)
    .set({ deadlineAt })
    .where(and(byKey(key), eq(slots.state, 'cleaning')));
}
