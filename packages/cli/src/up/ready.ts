import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '@cloudstage/control-plane';
import { AppError } from '@cloudstage/protocol';
import { limits } from '../limits.js';

const pollMs = 100;

/**
 * Waits until the control plane is ready and knows of a slot that can take a session or has one.
 * @throws AppError `not-ready` after {@link limits.startMs}; the signal's reason when it is aborted.
 */
export async function awaitReady(
  controlPlane: ControlPlane,
  options: { readonly slots: number; readonly signal: AbortSignal },
): Promise<void> {
  const { accountId } = await controlPlane.admin.ensureFirstAccessKey();
  const caller = { accountId, requestId: 'start' };
  const deadline = performance.now() + limits.startMs;
  let missing = '';
  while (performance.now() < deadline) {
    options.signal.throwIfAborted();
    const { ready, reason } = await controlPlane.services.checkReady();
    const outcome = await controlPlane.services.describeConcurrentCount(caller, { projectId: '', category: '' });
    const hasSlot = options.slots === 0 || (outcome.type === 'counted' && outcome.count.total > 0);
    if (ready && hasSlot) return;
    missing = ready ? 'no slot came up: its display, window manager or sound server did not start' : reason;
    await delay(pollMs);
  }
  throw new AppError('not-ready', `Not ready after ${limits.startMs / 1000} s: ${missing}. See the log file.`);
}
