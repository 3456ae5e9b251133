import type { BackendClient } from './backend-client.js';
import { type PlayerEvents, prepareConnection } from './connection.js';
import { limits } from './limits.js';
import {
  type FailureReason,
  meaningOfDisconnect,
  meaningOfStart,
  type PageState,
  reconnectDelayMs,
} from './page-state.js';
import type { Sdk } from './sdk.js';

/** Plays one session at a time for the page. */
export interface Player {
  /** Ends what runs in this page, without stopping it on the server, and starts anew. */
  start(userId: string): void;
  /** Stops the session on the server, or leaves the queue. */
  stop(): void;
}

/** What the player needs. */
export interface PlayerDependencies {
  readonly sdk: Sdk;
  readonly backend: BackendClient;
  readonly mountId: string;
  readonly events: PlayerEvents;
  readonly onState: (state: PageState) => void;
}

/** A failure with a text for the user; everything else that is thrown is a bug or an abort. */
class Failure extends Error {
  constructor(
    readonly reason: FailureReason,
    readonly detail: string,
  ) {
    super(detail);
  }
}

/** Makes a {@link Player}. A run that was aborted reports nothing any more. */
export function createPlayer(deps: PlayerDependencies): Player {
  let run: { readonly userId: string; readonly controller: AbortController } | null = null;

  function endRun(): void {
    run?.controller.abort();
    run = null;
    deps.sdk.destroy();
  }

  return {
    start: (userId) => {
      if (run !== null) endRun();
      const controller = new AbortController();
      run = { userId, controller };
      const report = (state: PageState): void => {
        if (!controller.signal.aborted) deps.onState(state);
      };
      play(userId, controller.signal, report, deps).catch((error: unknown) => {
        const failure = error instanceof Failure ? error : new Failure('connect-failed', String(error));
        report({ kind: 'failed', reason: failure.reason, detail: failure.detail });
        if (!controller.signal.aborted) endRun();
      });
    },
    stop: () => {
      const userId = run?.userId;
      if (userId === undefined) return;
      endRun();
      deps.onState({ kind: 'ended', reason: 'stopped' });
      // Whether it waited or played: leaving both is harmless. A backend that is down ends the session by its grace time.
      for (const call of [deps.backend.dequeue(userId), deps.backend.stopProject(userId)]) call.catch(() => undefined);
    },
  };
}

type Report = (state: PageState) => void;

/** Starts, plays, and reconnects until the session ends. */
async function play(userId: string, signal: AbortSignal, report: Report, deps: PlayerDependencies): Promise<void> {
  report({ kind: 'loading', step: 'preparing' });
  let attempt = 0;
  let maxAttempts: number = limits.firstPictureAttempts;
  for (;;) {
    const end = await connect(userId, signal, report, deps, attempt).catch((error: unknown) => {
      if (signal.aborted || attempt === 0 || attempt >= maxAttempts) throw error;
      return null;
    });
    if (signal.aborted) return;
    if (end !== null) {
      const meaning = meaningOfDisconnect(end.code);
      if (meaning.type === 'ended') return report({ kind: 'ended', reason: meaning.reason });
      if (end.played) {
        attempt = 0;
        maxAttempts = limits.reconnectAttempts;
      }
      if (attempt >= maxAttempts) throw new Failure('connection-lost', String(end.code));
    }
    attempt += 1;
    report({ kind: 'reconnecting', attempt });
    await pause(reconnectDelayMs(attempt, limits.reconnectFirstDelayMs, limits.reconnectMaxDelayMs), signal);
  }
}

/** How a connection ended: the code of `onDisconnect`, and whether there had been a picture. */
interface ConnectionEnd {
  readonly code: number;
  readonly played: boolean;
}

/** One connection from its start to its loss. */
async function connect(
  userId: string,
  signal: AbortSignal,
  report: Report,
  deps: PlayerDependencies,
  attempt: number,
): Promise<ConnectionEnd> {
  const progress: Report = (state) => {
    // While reconnecting, the steps in between are of no interest, except waiting for a free slot.
    if (attempt === 0 || state.kind === 'queueing') report(state);
  };
  const { sdk, mountId, events } = deps;
  const connection = await prepareConnection({ sdk, mountId, userId, signal, events });
  if (connection.type === 'failed') throw new Failure(connection.reason, connection.detail);
  progress({ kind: 'loading', step: 'reserving' });
  const serverSession = await requestSession(userId, connection.clientSession, signal, progress, deps);
  if (signal.aborted) throw new DOMException('stopped', 'AbortError');
  progress({ kind: 'loading', step: 'connecting' });
  const shown = await connection.show(serverSession);
  switch (shown.type) {
    case 'failed':
      throw new Failure(shown.reason, shown.detail);
    case 'disconnected':
      return { code: shown.code, played: false };
    case 'shown':
      report({ kind: 'playing' });
      return { code: await shown.disconnected, played: true };
  }
}

async function requestSession(
  userId: string,
  clientSession: string,
  signal: AbortSignal,
  report: Report,
  { backend }: PlayerDependencies,
): Promise<string> {
  let refusals = 0;
  for (;;) {
    const answer = await backend.startProject(userId, clientSession, signal).catch((error: unknown) => {
      throw new Failure('backend-unreachable', String(error));
    });
    const meaning = meaningOfStart(answer);
    switch (meaning.type) {
      case 'session':
        return meaning.serverSession;
      case 'queue':
        await waitInQueue(userId, signal, report, backend);
        report({ kind: 'loading', step: 'reserving' });
        break;
      case 'later':
        refusals += 1;
        if (refusals > limits.temporaryRefusals) throw new Failure('refused', answer.Error?.code ?? answer.Msg);
        await pause(limits.temporaryRefusalMs, signal);
        break;
      case 'failed':
        throw new Failure(meaning.reason, meaning.detail);
    }
  }
}

/** Asks once a second until it is this user's turn; only the user ends the wait. */
async function waitInQueue(userId: string, signal: AbortSignal, report: Report, backend: BackendClient): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const answer = await backend.enqueue(userId, signal);
      failures = 0;
      if (answer.Code === 10101) return;
      if (answer.Code !== 10100) throw new Failure('queue-full', answer.Error?.message ?? answer.Msg);
      report({ kind: 'queueing', position: (answer.Data?.Index ?? 0) + 1 });
    } catch (error) {
      if (error instanceof Failure) throw error;
      failures += 1;
      if (failures > limits.queuePollFailures) throw new Failure('backend-unreachable', String(error));
    }
    await pause(limits.queuePollMs, signal);
  }
  throw new DOMException('stopped', 'AbortError');
}

/** Waits; rejects at once when the run is aborted. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new DOMException('stopped', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
