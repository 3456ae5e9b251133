/** What the page shows. PURE. */

/** Why a session could not be started or went on; each has a text that says what to do. */
export type FailureReason =
  | 'no-sdk'
  | 'no-webrtc'
  | 'backend-unreachable'
  | 'refused'
  | 'signature-required'
  | 'queue-full'
  | 'connect-failed'
  | 'no-picture'
  | 'connection-lost';

/** Why a session is over. */
export type EndReason = 'stopped' | 'taken-over' | 'program-ended';

/** State of the page; `kind` is also `document.body.dataset.state`. */
export type PageState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading'; readonly step: 'preparing' | 'reserving' | 'connecting' }
  /** `position` counts from 1. */
  | { readonly kind: 'queueing'; readonly position: number }
  | { readonly kind: 'playing' }
  | { readonly kind: 'reconnecting'; readonly attempt: number }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly detail: string }
  | { readonly kind: 'ended'; readonly reason: EndReason };

/** What an `onDisconnect` code of the SDK means for the page. */
export type DisconnectMeaning = { readonly type: 'ended'; readonly reason: EndReason } | { readonly type: 'reconnect' };

/**
 * −1 connection lost, 2 heartbeat lost: try again. 1: the same user plays elsewhere. 0: the server ended the session.
 * Unknown codes are taken as a loss, since trying again does no harm: a session that is over is refused by the API.
 */
export function meaningOfDisconnect(code: number): DisconnectMeaning {
  if (code === 1) return { type: 'ended', reason: 'taken-over' };
  if (code === 0) return { type: 'ended', reason: 'program-ended' };
  return { type: 'reconnect' };
}

/** True when there is something to stop. */
export function isActive(state: PageState): boolean {
  return (
    state.kind === 'loading' || state.kind === 'queueing' || state.kind === 'playing' || state.kind === 'reconnecting'
  );
}

/** Wait before the n-th attempt (from 1) to reconnect: doubling, bounded. */
export function reconnectDelayMs(attempt: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
}

/** What an answer of `StartProject` means. */
export type StartMeaning =
  | { readonly type: 'session'; readonly serverSession: string }
  | { readonly type: 'queue' }
  | { readonly type: 'later' }
  | { readonly type: 'failed'; readonly reason: FailureReason; readonly detail: string };

/** Answer of the demo backend, as far as the page reads it. */
export interface BackendAnswer {
  readonly Code: number;
  readonly Msg: string;
  readonly SessionDescribe?: { readonly ServerSession?: string };
  readonly Data?: { readonly Index?: number };
  readonly Error?: { readonly code?: string; readonly message?: string };
}

/** Refusals of the cloud API that pass by themselves within seconds. */
const temporaryCodes = new Set([
  'UnsupportedOperation.Stopping',
  'ResourceUnavailable.Initialization',
  'FailedOperation.SlowDown',
  'FailedOperation.LockTimeout',
  // The work goes on: asking again finds its result, as at a first start on a slow machine.
  'FailedOperation.ProcessTimeout',
]);

/** Reads an answer of `StartProject`. */
export function meaningOfStart(answer: BackendAnswer): StartMeaning {
  const serverSession = answer.SessionDescribe?.ServerSession;
  if (answer.Code === 0 && serverSession !== undefined && serverSession !== '')
    return { type: 'session', serverSession };
  if (answer.Code === 10000) return { type: 'failed', reason: 'signature-required', detail: answer.Msg };
  const code = answer.Error?.code ?? '';
  if (code === 'ResourceNotFound.NoIdle') return { type: 'queue' };
  if (temporaryCodes.has(code)) return { type: 'later' };
  const detail = [code, answer.Error?.message ?? answer.Msg].filter((text) => text !== '').join(': ');
  return { type: 'failed', reason: 'refused', detail };
}
