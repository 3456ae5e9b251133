import { assertNever, type NodeDescription, type NodeEvent, type NodeSlotDescription } from '@cloudstage/protocol';
import { ensureSlotPool, lockNode, saveNode } from '../../db/nodes.js';
import type { SlotRow } from '../../db/schema.js';
import { lockSession, lockSessionsOfNode } from '../../db/sessions.js';
import { findSlot, lockSlot, lockSlotsOfNode, placeSlotsOfNode } from '../../db/slots.js';
import { domainLimits } from '../../domain/limits.js';
import { placedPoolId } from '../../domain/placement.js';
import type { SessionEvent } from '../../domain/session-state.js';
import type { ServiceDeps } from '../deps.js';
import { type SendEndOrder, sendInBackground } from '../sessions/end-order.js';
import { sessionLogger } from '../sessions/session-log.js';
import { applySessionEvent, type EndOrder } from '../sessions/session-transition.js';
import type { PublishFollower } from '../streams/follow-publish.js';
import type { Prefetch } from './prefetch.js';
import { addSlot, reconcileSlot, removeMissingSlots } from './reconcile-node.js';

/** Brings a node's report into the database. Resolves when it is committed; idempotent, as reports may come twice. */
export type HandleNodeEvent = (event: NodeEvent) => Promise<void>;

/** Creates the use case. */
export function createHandleNodeEvent(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
  prefetch: Prefetch,
  publishes: PublishFollower,
): HandleNodeEvent {
  return async (event) => {
    switch (event.type) {
      case 'node.status': {
        const { orders, rebooted } = await onStatus(deps, event.node);
        sendInBackground(deps, sendEndOrder, orders);
        if (rebooted) prefetch.toNode(event.node.nodeId);
        if (rebooted) publishes.restore(event.node.nodeId);
        return;
      }
      case 'slot.state':
        sendInBackground(deps, sendEndOrder, await applySlotReport(deps, event.nodeId, event.slot));
        return;
      case 'session.client':
        return onSessionEvent(deps, event, { type: event.connected ? 'client-connected' : 'client-gone' });
      case 'session.publish':
        return publishes.onReport(event);
      case 'session.ended':
        return onSessionEvent(deps, event, {
          type: 'ended-on-node',
          reason: event.reason,
          exitCode: event.exitCode,
        });
      default:
        return assertNever(event, 'node event');
    }
  };
}

async function onStatus(
  deps: ServiceDeps,
  node: NodeDescription,
): Promise<{ readonly orders: readonly EndOrder[]; readonly rebooted: boolean }> {
  return deps.database.transaction(async (tx) => {
    const known = await lockNode(tx, node.nodeId);
    const now = deps.now();
    const rebooted = known === null || known.bootId !== node.bootId;
    const poolId = await ensureSlotPool(tx, { category: 'DESKTOP', region: node.region, types: node.concurrencyTypes });
    const drainingSince = known?.drainingSince ?? null;
    const placed = placedPoolId({ poolId, drainingSince });
    await saveNode(tx, {
      id: node.nodeId,
      bootId: node.bootId,
      name: node.name,
      region: node.region,
      version: node.version,
      category: 'DESKTOP',
      online: true,
      lastSeenAt: now,
      poolId,
      drainingSince,
    });
    // Sessions are locked before slots everywhere.
    await lockSessionsOfNode(tx, node.nodeId);
    if (known !== null && (!known.online || known.poolId !== poolId)) {
      await lockSlotsOfNode(tx, node.nodeId);
      await placeSlotsOfNode(tx, node.nodeId, { online: true, poolId: placed });
    }
    const slots = await lockSlotsOfNode(tx, node.nodeId);
    const context = { now, settings: deps.settings, rebooted };
    await removeMissingSlots(tx, slots, node, context);
    const orders: EndOrder[] = [];
    for (const report of node.slots.slice(0, domainLimits.maxSlotsPerNode)) {
      const row =
        slots.find((slot) => slot.slotIndex === report.slotIndex) ??
        (await addSlot(tx, { nodeId: node.nodeId, slotIndex: report.slotIndex, poolId: placed }));
      orders.push(...(await reconcileSlot(tx, row, report, context)));
    }
    return { orders, rebooted: rebooted || !known.online };
  });
}

/** Brings what a node says of one slot into the database, if the slot as it is now `fits`. */
export async function applySlotReport(
  deps: ServiceDeps,
  nodeId: string,
  report: NodeSlotDescription,
  fits: (slot: SlotRow) => boolean = () => true,
): Promise<readonly EndOrder[]> {
  return deps.database.transaction(async (tx) => {
    const key = { nodeId, slotIndex: report.slotIndex };
    // Sessions are locked before slots everywhere: the slot's owner too, which an idle slot's report does not name.
    const owner = (await findSlot(tx, key))?.sessionId ?? null;
    for (const id of [...new Set([owner, report.sessionId])].sort()) if (id !== null) await lockSession(tx, id);
    const slot = await lockSlot(tx, key);
    // Unknown slots come with the node's next status.
    if (slot === null || !fits(slot)) return [];
    return reconcileSlot(tx, slot, report, { now: deps.now(), settings: deps.settings, rebooted: false });
  });
}

async function onSessionEvent(
  deps: ServiceDeps,
  event: { readonly nodeId: string; readonly sessionId: string },
  sessionEvent: SessionEvent,
): Promise<void> {
  const change = await deps.database.transaction(async (tx) => {
    const row = await lockSession(tx, event.sessionId);
    // A session that lives elsewhere is not this node's to report on.
    if (row === null || row.nodeId !== event.nodeId) return null;
    const applied = await applySessionEvent(tx, row, sessionEvent, { now: deps.now(), settings: deps.settings });
    return { from: row.state, session: applied.row };
  });
  if (change === null || change.from === change.session.state) return;
  const { state, endReason, exitCode } = change.session;
  sessionLogger(deps.logger, change.session).info(
    { from: change.from, state, ...(endReason === null ? {} : { endReason, exitCode }) },
    'session changed',
  );
}
