import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { adoptHostProcess, type HostProcess } from '../host/host-process.js';
import type { ProcessIdentity } from '../host/process-identity.js';
import { connectRpc, type RpcClient, type RpcEvents, type RpcMethods } from '../links/rpc.js';
import { backoffMs } from './backoff.js';
import { agentLimits } from './limits.js';
import { pause } from './pause.js';

/** Parameters of {@link createLinkedProcess}. */
export interface LinkedProcessOptions<E extends RpcEvents> {
  readonly name: string;
  readonly socketPath: string;
  /** Its log file; the end of it explains a failed start. */
  readonly logPath: string;
  readonly spawn: () => Promise<HostProcess>;
  readonly onEvent: <K extends keyof E & string>(event: K, payload: E[K]) => void;
  /** A process was started: its identity belongs into the record before anything else happens. */
  readonly onSpawned: (identity: ProcessIdentity) => void;
  /** The link stands; called again after every restart. Its errors count as a failed start. */
  readonly onUp: (restarted: boolean) => Promise<void>;
  /** The process or its link is gone; a restart follows. */
  readonly onDown: () => void;
  /** It failed `maxFailures` times in a row: no more starts are tried. */
  readonly onGivenUp: () => void;
  readonly maxFailures: number;
  readonly logger: Logger;
}

/** A process with a link that is kept running: the port mux, a streamer. */
export interface LinkedProcess<M extends RpcMethods> {
  /**
   * Starts it, or takes over the one that `identity` names, or replaces that.
   * @param onFailure `retry`: one that cannot be replaced at once is tried again like after a death; who needs it waits or gives up by itself
   * @throws when it does not start, with `throw`
   */
  start(identity: ProcessIdentity | null, onFailure?: 'throw' | 'retry'): Promise<void>;
  /** Waits within its deadline for a restart that is under way. @throws AppError `link-down`, else what the call throws. */
  call: RpcClient<M>['call'];
  readonly up: () => boolean;
  /** Kills it. Idempotent. */
  close(): Promise<void>;
}

async function lastLine(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').at(-1)?.slice(0, agentLimits.logLineChars) || 'it wrote no log';
}

/** Connects as soon as the starting process serves its socket. */
async function connectTo<M extends RpcMethods, E extends RpcEvents>(
  { name, socketPath, logPath, onEvent }: LinkedProcessOptions<E>,
  process: HostProcess,
  stop: AbortSignal,
): Promise<RpcClient<M>> {
  const deadline = performance.now() + agentLimits.linkedProcessStartMs;
  for (;;) {
    try {
      return await connectRpc<M, E>(socketPath, onEvent);
    } catch (cause) {
      if (stop.aborted) throw new AppError('link-down', `${name} is being closed`, { cause });
      if (!process.alive()) {
        throw new AppError('process-start-failed', `${name} ended during its start: ${await lastLine(logPath)}`);
      }
      if (performance.now() > deadline) {
        throw new AppError('deadline-exceeded', `${name} does not serve its link`, { cause });
      }
      await delay(agentLimits.linkConnectPollMs);
    }
  }
}

/** Waits for a restart that is under way. @throws AppError `link-down`. */
async function untilUp<T>(name: string, find: () => T | null, isOver: () => boolean, stop: AbortSignal): Promise<T> {
  for (;;) {
    const found = find();
    if (found) return found;
    if (stop.aborted || isOver()) throw new AppError('link-down', `${name} is being restarted`);
    await pause(agentLimits.linkConnectPollMs, stop);
  }
}

/** Keeps one process with an RPC socket alive: restarts it at once when it dies, with growing delays when it dies again. */
export function createLinkedProcess<M extends RpcMethods, E extends RpcEvents>(
  options: LinkedProcessOptions<E>,
): LinkedProcess<M> {
  const { name, logger } = options;
  const stop = new AbortController();
  let current: HostProcess | null = null;
  let client: RpcClient<M> | null = null;
  let supervision: Promise<void> = Promise.resolve();
  let givenUp = false;

  async function bringUp(adopted: HostProcess | null, restarted: boolean): Promise<void> {
    const startedAt = performance.now();
    current = adopted ?? (await options.spawn());
    if (!adopted) options.onSpawned(current.identity);
    try {
      client = await connectTo<M, E>(options, current, stop.signal);
      await options.onUp(restarted);
      const tookMs = Math.round(performance.now() - startedAt);
      logger.info({ process: name, pid: current.identity.pid, tookMs, adopted: adopted !== null }, 'process is up');
    } catch (error) {
      await takeDown();
      throw error;
    }
  }

  async function takeDown(): Promise<void> {
    const [oldClient, oldProcess] = [client, current];
    [client, current] = [null, null];
    await oldClient?.close();
    // Also when only the link broke: a process that does not serve its link is of no use.
    await oldProcess?.kill();
  }

  function giveUp(): void {
    givenUp = true;
    options.onGivenUp();
  }

  async function supervise(failedStarts: number): Promise<void> {
    let failures = failedStarts;
    while (!stop.signal.aborted) {
      if (client && current) {
        const upSince = performance.now();
        await Promise.race([client.closed, current.exited]);
        if (stop.signal.aborted) return;
        // The first death is answered at once; one that dies again right after its start waits longer and longer.
        failures = performance.now() - upSince >= agentLimits.stableMs ? 1 : failures + 1;
        logger.warn({ process: name, pid: current.identity.pid }, 'process died, restarting it');
        await takeDown();
        options.onDown();
      }
      if (failures >= options.maxFailures) {
        logger.error({ process: name, failures }, 'process does not start, giving up');
        return giveUp();
      }
      await pause(backoffMs(failures - 1, agentLimits.restartMinMs, agentLimits.restartMaxMs), stop.signal);
      if (stop.signal.aborted) return;
      try {
        await bringUp(null, true);
      } catch (error) {
        failures += 1;
        if (!stop.signal.aborted) logger.error({ err: error, process: name, failures }, 'process does not start');
      }
    }
  }

  return {
    start: async (identity, onFailure = 'throw') => {
      const adopted = identity ? adoptHostProcess(name, identity) : null;
      let failures = 0;
      try {
        await bringUp(adopted, adopted !== null);
      } catch (error) {
        if (!adopted && onFailure === 'throw') throw error;
        logger.warn({ err: error, process: name }, 'process of an earlier start is unusable, replacing it');
        await bringUp(null, true).catch((again: unknown) => {
          if (onFailure === 'throw') throw again;
          failures = 1;
        });
      }
      supervision = supervise(failures).catch((error: unknown) => {
        logger.error({ err: error, process: name }, 'supervision failed');
        giveUp();
      });
    },
    call: async (method, params, { deadlineMs }) => {
      const deadline = performance.now() + deadlineMs;
      const isOver = () => givenUp || performance.now() > deadline;
      const up = await untilUp(name, () => client, isOver, stop.signal);
      return up.call(method, params, { deadlineMs: Math.max(1, deadline - performance.now()) });
    },
    up: () => client !== null,
    close: async () => {
      stop.abort();
      await takeDown();
      await supervision;
      // A start that was under way when we stopped.
      await takeDown();
    },
  };
}
