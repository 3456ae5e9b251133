import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `ms`, or when `signal` is aborted. Does not keep the process alive. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal, ref: false });
  } catch {
    // Aborted.
  }
}
