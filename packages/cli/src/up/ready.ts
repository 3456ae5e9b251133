import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '@cloudstage/control-plane';
import { AppError, type NodeDescription, type NodeResult } from '@cloudstage/protocol';
import { limits } from '../limits.js';

const pollMs = 100;

/** What {@link awaitReady} asks. */
export interface ReadySources {
  readonly controlPlane: ControlPlane;
  readonly describeNode: () => Promise<NodeResult<NodeDescription>>;
}

/**
 * Waits until the control plane is ready and a slot can take a session, or has one since before.
 * @throws AppError `not-ready` after {@link limits.startMs}; the signal's reason when it is aborted.
 */
export async function awaitReady(
  sources: ReadySources,
  options: { readonly slots: number; readonly signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + limits.startMs;
  let missing = '';
  while (performance.now() < deadline) {
    options.signal.throwIfAborted();
    missing = await findMissing(sources, options.slots);
    if (missing === '') return;
    await delay(pollMs);
  }
  throw new AppError('not-ready', `Not ready after ${limits.startMs / 1000} s: ${missing}. See the log file.`);
}

/** What is not ready yet; `''` when nothing is. */
async function findMissing({ controlPlane, describeNode }: ReadySources, slots: number): Promise<string> {
  const { ready, reason } = await controlPlane.services.checkReady();
  if (!ready) return reason;
  if (slots === 0) return '';
  const node = await describeNode();
  const states = node.ok ? node.value.slots.map((slot) => slot.state) : [];
  if (states.includes('busy')) return '';
  if (!states.includes('idle')) return 'no slot came up: its display, window manager or sound server did not start';
  // The node has told the control plane, which is about to write it down.
  const { accountId } = await controlPlane.admin.ensureFirstAccessKey();
  const caller = { accountId, requestId: 'start' };
  const outcome = await controlPlane.services.describeConcurrentCount(caller, { projectId: '', category: '' });
  const hasIdle = outcome.type === 'counted' && outcome.count.total > outcome.count.running;
  return hasIdle ? '' : 'the control plane has not heard of an idle slot';
}
