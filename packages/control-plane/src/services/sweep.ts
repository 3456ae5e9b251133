import { isAppError } from '@cloudstage/protocol';
import { lockSilentNodes, setNodeOffline } from '../db/nodes.js';
import { lockDueSessions, lockExpiredSessions, lockSessionsOfNode } from '../db/sessions.js';
import { lockOverdueSlots, postponeSlot, setSlotsOffline } from '../db/slots.js';
import { deadlineAfter } from '../domain/deadlines.js';
import type { ServiceDeps } from './deps.js';
import { serviceLimits } from './limits.js';
import type { HandleNodeEvent } from './nodes/handle-node-event.js';
import { type SendEndOrder, sendInBackground } from './sessions/end-order.js';
import { applySessionEvent, type EndOrder } from './sessions/session-transition.js';
import { createSweepHistory } from './sessions/sweep-history.js';

/** Carries out what deadlines demand. Several control planes may sweep at once: rows that one holds are skipped. */
export type Sweep = () => Promise<void>;

/**
 * Creates the use case; `others` are the sweeps of other areas. `startedAt` is when this control plane began to hear nodes: before that, silence proves nothing.
 */
export function createSweep(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
  handleNodeEvent: HandleNodeEvent,
  others: readonly Sweep[],
  startedAt: number,
): Sweep {
  const sweepHistory = createSweepHistory(deps);
  return async () => {
    sendInBackground(deps, sendEndOrder, await sweepSessions(deps));
    sendInBackground(deps, sendEndOrder, await sweepExpired(deps));
    if (deps.now() - startedAt > deps.settings.nodeSilentMs) await sweepNodes(deps);
    await sweepSlots(deps, handleNodeEvent);
    await sweepHistory();
    for (const other of others) await other();
  };
}

async function sweepSessions(deps: ServiceDeps): Promise<readonly EndOrder[]> {
  return deps.database.transaction(async (tx) => {
    const now = deps.now();
    const orders: EndOrder[] = [];
    for (const row of await lockDueSessions(tx, now)) {
      const context = { now, settings: deps.settings };
      orders.push(...(await applySessionEvent(tx, row, { type: 'deadline' }, context)).orders);
    }
    return orders;
  });
}

/** Ends sessions that have reached their longest duration. */
async function sweepExpired(deps: ServiceDeps): Promise<readonly EndOrder[]> {
  return deps.database.transaction(async (tx) => {
    const now = deps.now();
    const orders: EndOrder[] = [];
    for (const row of await lockExpiredSessions(tx, now)) {
      const event = { type: 'end-requested', reason: 'limit' } as const;
      orders.push(...(await applySessionEvent(tx, row, event, { now, settings: deps.settings })).orders);
    }
    return orders;
  });
}

async function sweepNodes(deps: ServiceDeps): Promise<void> {
  const lost = await deps.database.transaction(async (tx) => {
    const now = deps.now();
    const nodes = await lockSilentNodes(tx, now - deps.settings.nodeSilentMs);
    for (const node of nodes) {
      await setNodeOffline(tx, node.id);
      const sessions = await lockSessionsOfNode(tx, node.id);
      await setSlotsOffline(tx, node.id);
      for (const row of sessions) {
        await applySessionEvent(tx, row, { type: 'node-lost' }, { now, settings: deps.settings });
      }
    }
    return nodes;
  });
  for (const node of lost) deps.logger.warn({ nodeId: node.id }, 'node is silent: offline, its sessions have ended');
}

/** Asks nodes about slots that clean up for too long: the answer is a report like any other. */
async function sweepSlots(deps: ServiceDeps, handleNodeEvent: HandleNodeEvent): Promise<void> {
  const overdue = await deps.database.transaction(async (tx) => {
    const now = deps.now();
    const keys = await lockOverdueSlots(tx, now);
    for (const key of keys) await postponeSlot(tx, key, deadlineAfter(now, deps.settings.cleaningMs));
    return keys;
  });
  for (const nodeId of new Set(overdue.map((key) => key.nodeId))) {
    deps.background.run('node.describe', async () => {
      try {
        const deadline = { deadlineMs: serviceLimits.describeMs };
        const result = await deps.nodeLink.call(nodeId, 'node.describe', {}, deadline);
        if (result.ok) await handleNodeEvent({ type: 'node.status', node: result.value });
      } catch (error) {
        if (!isAppError(error)) throw error;
        deps.logger.warn({ nodeId, code: error.code }, 'a slot cleans up for long and its node does not say why');
      }
    });
  }
}
