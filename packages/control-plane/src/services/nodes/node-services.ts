import { AppError } from '@cloudstage/protocol';
import {
  findNodeRow,
  type ListedNode,
  type ListedSlot,
  listNodeRows,
  listNodeSlots,
  setNodeDraining,
} from '../../db/node-list.js';
import { lockNode } from '../../db/nodes.js';
import { lockSlotsOfNode, placeSlotsOfNode } from '../../db/slots.js';
import { placedPoolId } from '../../domain/placement.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import type { NodeServices, NodeSlotSummary, NodeSummary } from './contract.js';

function toSummary(row: ListedNode): NodeSummary {
  return {
    nodeId: row.id,
    name: row.name,
    region: row.region,
    version: row.version,
    concurrencyTypes: row.types,
    online: row.online,
    lastSeenAt: row.lastSeenAt,
    drainBegunAt: row.drainingSince,
    slotsByState: row.slots,
  };
}

function toSlot(row: ListedSlot): NodeSlotSummary {
  const { slotIndex, state, sessionId, accountId, userId, projectId, sessionState, createdAt } = row;
  // All of a session's columns are there, or none.
  const isHeld = sessionId !== null && accountId !== null && projectId !== null && sessionState !== null;
  return {
    slotIndex,
    state,
    session:
      isHeld && createdAt !== null ? { sessionId, accountId, userId, projectId, state: sessionState, createdAt } : null,
  };
}

/** Writes the mark and takes the slots out of placement, or back into it. What runs on them is not touched. */
async function setDraining(deps: ServiceDeps, nodeId: string, drain: boolean): Promise<void> {
  await deps.database.transaction(async (tx) => {
    const node = await lockNode(tx, nodeId);
    if (node === null) throw new AppError('node-not-found', `there is no node ${nodeId}`);
    // Told again, it keeps the time since when it has been drained.
    const drainingSince = drain ? (node.drainingSince ?? deps.now()) : null;
    await setNodeDraining(tx, nodeId, drainingSince);
    await lockSlotsOfNode(tx, nodeId);
    await placeSlotsOfNode(tx, nodeId, { online: node.online, poolId: placedPoolId({ ...node, drainingSince }) });
  });
  deps.logger.info({ nodeId }, drain ? 'node takes no new sessions' : 'node takes new sessions again');
}

/** Creates the use cases about nodes. */
export function createNodeServices(deps: ServiceDeps): NodeServices {
  const { executor } = deps.database;
  return {
    listNodes: async ({ region, cursor, limit = serviceLimits.nodePage }) => {
      if (!Number.isInteger(limit) || limit < 1 || limit > serviceLimits.maxNodePage) {
        throw new AppError('query-invalid', `a page has 1 to ${serviceLimits.maxNodePage} nodes`);
      }
      const found = await listNodeRows(executor, { region: region ?? null, after: cursor ?? '', limit: limit + 1 });
      const page = found.slice(0, limit);
      return { nodes: page.map(toSummary), nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null };
    },
    findNodeDetail: async (nodeId) => {
      const row = await findNodeRow(executor, nodeId);
      if (row === null) return null;
      const slots = (await listNodeSlots(executor, nodeId)).map(toSlot);
      return { ...toSummary(row), bootId: row.bootId, slots };
    },
    drainNode: (nodeId) => setDraining(deps, nodeId, true),
    resumeNode: (nodeId) => setDraining(deps, nodeId, false),
  };
}
