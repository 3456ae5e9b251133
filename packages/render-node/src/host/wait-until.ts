import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@cloudstage/protocol';
import type { HostProcess } from './host-process.js';
import { hostLimits } from './limits.js';

/**
 * Waits until `check` is true while `process` starts.
 * @throws AppError `process-start-failed` when it ends first, `deadline-exceeded` after `deadlineMs`; `check`'s own errors.
 */
export async function waitUntilReady(
  name: string,
  process: HostProcess,
  check: () => Promise<boolean> | boolean,
  deadlineMs: number,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  let ended: number | string | null | undefined;
  void process.exited.then(({ code, signal }) => {
    ended = code ?? signal;
  });
  while (!(await check())) {
    if (ended !== undefined) {
      throw new AppError('process-start-failed', `${name} ended during its start with ${ended}; see its log`);
    }
    if (performance.now() > deadline) {
      throw new AppError('deadline-exceeded', `${name} was not ready after ${deadlineMs} ms`);
    }
    await delay(hostLimits.startPollMs);
  }
}
