import type { NodeEvent } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { backoffMs } from './backoff.js';
import { agentLimits } from './limits.js';

/** Reports on their way to the control plane: in order, each until it is committed there. */
export interface NodeOutbox {
  /** @param onDelivered called once, when the control plane has committed it (never when the queue overflows). */
  push(event: NodeEvent, onDelivered?: () => void): void;
  /** Gives the waiting reports `deadlineMs`, then drops them. Idempotent. */
  close(deadlineMs: number): Promise<void>;
}

/** Dependencies of {@link createNodeOutbox}. */
export interface NodeOutboxOptions {
  readonly emit: (event: NodeEvent) => Promise<void>;
  readonly logger: Logger;
  /** Resolves after `ms`, or when `signal` is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface Item {
  readonly event: NodeEvent;
  readonly onDelivered: (() => void) | undefined;
}

/** True when `newer` says everything that the waiting `older` would, and order does not matter between them. */
function supersedes(newer: NodeEvent, older: NodeEvent): boolean {
  return newer.type === 'node.status' && older.type === 'node.status';
}

/** Sends reports with `emit`, one at a time; failed ones are tried again with growing delay. */
export function createNodeOutbox({ emit, logger, pause }: NodeOutboxOptions): NodeOutbox {
  const queue: Item[] = [];
  const stop = new AbortController();
  let pumping: Promise<void> | null = null;
  let reachable = true;

  async function pump(): Promise<void> {
    let failures = 0;
    for (let item = queue[0]; item && !stop.signal.aborted; item = queue[0]) {
      try {
        await emit(item.event);
        if (queue[0] === item) queue.shift();
        failures = 0;
        if (!reachable) logger.info('control plane reachable again');
        reachable = true;
        item.onDelivered?.();
      } catch (error) {
        if (reachable) logger.warn({ err: error }, 'control plane unreachable, reports wait');
        reachable = false;
        failures += 1;
        const pauseMs = backoffMs(failures, agentLimits.reportRetryMinMs, agentLimits.reportRetryMaxMs);
        await pause(pauseMs, stop.signal);
      }
    }
  }

  function start(): void {
    if (pumping) return;
    pumping = pump().finally(() => {
      pumping = null;
    });
  }

  return {
    push: (event, onDelivered) => {
      if (stop.signal.aborted) return;
      // The head may be on its way already and stays.
      const stale = queue.findIndex((item, position) => position > 0 && supersedes(event, item.event));
      if (stale > 0) queue.splice(stale, 1);
      if (queue.length >= agentLimits.queuedReports) {
        const [dropped] = queue.splice(1, 1);
        logger.error({ type: dropped?.event.type }, 'too many reports wait for the control plane, one is dropped');
      }
      queue.push({ event, onDelivered });
      start();
    },
    close: async (deadlineMs) => {
      const drained = pumping ?? Promise.resolve();
      await Promise.race([drained, pause(deadlineMs, stop.signal)]);
      stop.abort();
      queue.length = 0;
    },
  };
}
