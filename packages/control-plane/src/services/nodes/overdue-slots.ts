import { isAppError } from '@cloudstage/protocol';
import type { SlotRow } from '../../db/schema.js';
import { lockOverdueSlots, postponeSlot, type SlotKey } from '../../db/slots.js';
import { deadlineAfter } from '../../domain/deadlines.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import { type SendEndOrder, sendInBackground } from '../sessions/end-order.js';
import { applySlotReport } from './handle-node-event.js';

/** A slot that its node is asked about. The deadline tells later whether anything has happened to it since. */
interface AskedSlot extends SlotKey {
  readonly deadlineAt: number;
}

/**
 * Creates the sweep that asks nodes about slots which clean up for too long. An answer overtakes reports, or is overtaken by
 * them: it counts only for the slots that were asked about, and only if nothing has been heard of them since.
 */
export function createSweepOverdueSlots(deps: ServiceDeps, sendEndOrder: SendEndOrder): () => Promise<void> {
  return async () => {
    const overdue = await deps.database.transaction(async (tx): Promise<readonly AskedSlot[]> => {
      const now = deps.now();
      const deadlineAt = deadlineAfter(now, deps.settings.cleaningMs);
      const keys = await lockOverdueSlots(tx, now);
      for (const key of keys) await postponeSlot(tx, key, deadlineAt);
      return keys.map((key) => ({ ...key, deadlineAt }));
    });
    for (const nodeId of new Set(overdue.map((key) => key.nodeId))) {
      const asked = overdue.filter((key) => key.nodeId === nodeId);
      deps.background.run('node.describe', () => ask(deps, sendEndOrder, nodeId, asked));
    }
  };
}

async function ask(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
  nodeId: string,
  asked: readonly AskedSlot[],
): Promise<void> {
  try {
    const result = await deps.nodeLink.call(nodeId, 'node.describe', {}, { deadlineMs: serviceLimits.describeMs });
    if (!result.ok) return;
    for (const { slotIndex, deadlineAt } of asked) {
      const report = result.value.slots.find((slot) => slot.slotIndex === slotIndex);
      if (report === undefined) continue;
      const isUnchanged = (slot: SlotRow) => slot.state === 'cleaning' && slot.deadlineAt === deadlineAt;
      sendInBackground(deps, sendEndOrder, await applySlotReport(deps, nodeId, report, isUnchanged));
    }
  } catch (error) {
    if (!isAppError(error)) throw error;
    deps.logger.warn({ nodeId, code: error.code }, 'a slot cleans up for long and its node does not say why');
  }
}
