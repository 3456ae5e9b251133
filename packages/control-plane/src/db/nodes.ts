import { and, eq, lt } from 'drizzle-orm';
import { slotPoolId } from '../domain/placement.js';
import { dbLimits } from './limits.js';
import { type SlotPoolRow, slotPools } from './schema/concurrency.js';
import { type Executor, type NodeRow, renderNodes } from './schema.js';

/** A node, locked until the transaction ends. Nodes are locked before their sessions and slots. */
export async function lockNode(executor: Executor, nodeId: string): Promise<NodeRow | null> {
  const [row] = await executor.select().from(renderNodes).where(eq(renderNodes.id, nodeId)).for('no key update');
  return row ?? null;
}

/** A node, unlocked. */
export async function findNode(executor: Executor, nodeId: string): Promise<NodeRow | null> {
  const [row] = await executor.select().from(renderNodes).where(eq(renderNodes.id, nodeId));
  return row ?? null;
}

/** Finds or makes the pool of slots that a node belongs to. */
export async function ensureSlotPool(executor: Executor, pool: Omit<SlotPoolRow, 'id'>): Promise<string> {
  const id = slotPoolId(pool);
  await executor
    .insert(slotPools)
    .values({ ...pool, id })
    .onConflictDoNothing();
  return id;
}

/** Adds a node or writes what it says of itself. */
export async function saveNode(executor: Executor, row: NodeRow): Promise<void> {
  const { id: _id, ...values } = row;
  await executor.insert(renderNodes).values(row).onConflictDoUpdate({ target: renderNodes.id, set: values });
}

/** Online nodes. */
export async function listOnlineNodes(executor: Executor): Promise<NodeRow[]> {
  return executor
    .select()
    .from(renderNodes)
    .where(eq(renderNodes.online, true))
    .orderBy(renderNodes.id)
    .limit(dbLimits.listRows);
}

/** Online nodes that have not been heard of since `before`, locked; those that another process holds are skipped. */
export async function lockSilentNodes(executor: Executor, before: number): Promise<NodeRow[]> {
  return executor
    .select()
    .from(renderNodes)
    .where(and(eq(renderNodes.online, true), lt(renderNodes.lastSeenAt, before)))
    .orderBy(renderNodes.id)
    .limit(dbLimits.sweepBatch)
    .for('no key update', { skipLocked: true });
}

/** Marks a node as gone. */
export async function setNodeOffline(executor: Executor, nodeId: string): Promise<void> {
  await executor.update(renderNodes).set({ online: false }).where(eq(renderNodes.id, nodeId));
}
