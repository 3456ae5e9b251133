import { lockSilentNodes, setNodeOffline } from '../db/nodes.js';
import { lockDueSessions, lockExpiredSessions, lockSessionsOfNode } from '../db/sessions.js';
import { setSlotsOffline } from '../db/slots.js';
import type { ServiceDeps } from './deps.js';
import { createSweepOverdueSlots } from './nodes/overdue-slots.js';
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
  others: readonly Sweep[],
  startedAt: number,
): Sweep {
  const sweepHistory = createSweepHistory(deps);
  const sweepOverdueSlots = createSweepOverdueSlots(deps, sendEndOrder);
  return async () => {
    sendInBackground(deps, sendEndOrder, await sweepSessions(deps));
    sendInBackground(deps, sendEndOrder, await sweepExpired(deps));
    if (deps.now() - startedAt > deps.settings.nodeSilentMs) await sweepNodes(deps);
    await sweepOverdueSlots();
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
