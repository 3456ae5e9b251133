import { randomInt } from 'node:crypto';
import type { NodeDescription, NodeSlotDescription } from '@cloudstage/protocol';
import type { Executor, SessionRow, SlotRow } from '../../db/schema.js';
import { findSession, lockSession } from '../../db/sessions.js';
import { deleteSlot, insertSlot, releaseSeat } from '../../db/slots.js';
import type { DeadlineSettings } from '../../domain/deadlines.js';
import { isOwned, newSlot, transitionSlot } from '../../domain/slot-state.js';
import { applySessionEvent, type EndOrder, saveSlotState, toSlotState } from '../sessions/session-transition.js';

/** Ranks of slots are below this: a 32-bit integer holds them, and ties are harmless. */
const spreadRange = 2 ** 31 - 1;

/** What a reconciliation runs with. */
export interface ReconcileContext {
  readonly now: number;
  readonly settings: DeadlineSettings;
  /** The agent has been started anew since it was last heard of: what it does not have now is gone. */
  readonly rebooted: boolean;
}

/** Brings one slot's row, and its session, in line with the node's report. The slot is locked by the caller. */
export async function reconcileSlot(
  tx: Executor,
  slot: SlotRow,
  report: NodeSlotDescription,
  context: ReconcileContext,
): Promise<readonly EndOrder[]> {
  const owner = slot.sessionId !== null && isOwned(toSlotState(slot)) ? await lockSession(tx, slot.sessionId) : null;
  const decisive = context.rebooted || owner === null || !isBeingStarted(owner);
  const before = toSlotState(slot);
  const next = transitionSlot(
    before,
    { type: 'reported', report: { state: report.state, sessionId: report.sessionId, decisive } },
    context.now,
    context.settings,
  );
  if (next.state !== before) await saveSlotState(tx, slot, next.state);
  const orders: EndOrder[] = [];
  for (const effect of next.effects) {
    if (effect.type === 'lose-session') orders.push(...(await loseSession(tx, effect.sessionId, context)));
    else orders.push(await orphanOrder(tx, slot, effect.sessionId));
  }
  if (owner !== null && next.effects.length === 0 && report.state === 'busy' && report.sessionId === owner.id) {
    await followClient(tx, owner, report.connected, context);
  }
  return orders;
}

/** True while the command that starts the program may not have reached the node. */
function isBeingStarted(row: SessionRow): boolean {
  return row.state === 'starting' || (row.state === 'prelaunching' && row.launchedAt === null);
}

/** Slots that the node no longer has: their sessions are lost, their rows go. */
export async function removeMissingSlots(
  tx: Executor,
  slots: readonly SlotRow[],
  node: NodeDescription,
  context: ReconcileContext,
): Promise<void> {
  const described = new Set(node.slots.map((slot) => slot.slotIndex));
  for (const slot of slots.filter((row) => !described.has(row.slotIndex))) {
    if (slot.sessionId !== null && isOwned(toSlotState(slot))) await loseSession(tx, slot.sessionId, context);
    if (slot.sessionId !== null && slot.packageId !== null) await releaseSeat(tx, slot.sessionId);
    await deleteSlot(tx, slot);
  }
}

/** Adds the row of a slot that was not known. */
export async function addSlot(
  tx: Executor,
  key: { readonly nodeId: string; readonly slotIndex: number; readonly poolId: string },
): Promise<SlotRow> {
  const row: SlotRow = {
    ...key,
    online: true,
    spread: randomInt(spreadRange),
    packageId: null,
    state: newSlot.name,
    sessionId: newSlot.sessionId,
    projectId: null,
    deadlineAt: newSlot.deadlineAt,
  };
  await insertSlot(tx, row);
  return row;
}

async function loseSession(tx: Executor, sessionId: string, context: ReconcileContext): Promise<readonly EndOrder[]> {
  const row = await lockSession(tx, sessionId);
  if (row === null) return [];
  // A session that was being ended has got what was asked for.
  const event = row.state === 'ending' ? 'end-confirmed' : 'node-lost';
  return (await applySessionEvent(tx, row, { type: event }, context)).orders;
}

async function orphanOrder(tx: Executor, slot: SlotRow, sessionId: string): Promise<EndOrder> {
  const row = await findSession(tx, sessionId);
  return { nodeId: slot.nodeId, slotIndex: slot.slotIndex, sessionId, reason: row?.endReason ?? 'node-lost' };
}

/** The report also says whether a player is connected: it heals a client event that was lost. */
async function followClient(
  tx: Executor,
  owner: SessionRow,
  connected: boolean,
  context: ReconcileContext,
): Promise<void> {
  await applySessionEvent(tx, owner, { type: connected ? 'client-connected' : 'client-gone' }, context);
}
