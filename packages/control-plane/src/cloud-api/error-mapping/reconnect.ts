import { assertNever } from '@cloudstage/protocol';
import type { ReconnectOutcome } from '../../services/contract.js';
import type { FailureOf } from './failure.js';

/**
 * What `/reconnect` makes of a failure.
 *
 * The official SDK retries every 6 s, ten times, when the reply's `Code` is not 0. It gives up at once, and tells the page
 * to start a new session, only when `Code` is 0 and the ServerSession inside carries a `code` that is not. So `final`
 * failures must be sent the second way.
 * @see docs/reference/wire-protocol.md "Reconnect"
 */
export interface ReconnectFailure {
  readonly final: boolean;
  readonly code: number;
  readonly message: string;
}

/** Codes of `/reconnect` that browsers know. */
export const reconnectCodes = {
  ok: 0,
  tokenIllegal: 2,
  offerInvalid: 6,
  launchFailed: 7,
  roleLimit: 9,
  sessionNotFound: 4000,
  badParameter: 4002,
  serverError: 5000,
} as const;

/** Refusals of `/reconnect`. */
export function mapReconnect(outcome: FailureOf<ReconnectOutcome, 'created'>): ReconnectFailure {
  const retry = (message: string) => ({ final: false, code: reconnectCodes.serverError, message });
  const stop = (code: number, message: string) => ({ final: true, code, message });
  switch (outcome.type) {
    case 'token-invalid':
      return stop(reconnectCodes.tokenIllegal, 'the token is not valid; create the session again');
    case 'lock-timeout':
    case 'stopping':
    case 'host-session-not-found':
      return stop(reconnectCodes.sessionNotFound, 'the session has ended; create it again');
    case 'role-limit':
      return stop(reconnectCodes.roleLimit, 'no seat of this role is left');
    case 'offer-invalid':
    case 'codec-unsupported':
      return stop(reconnectCodes.offerInvalid, 'the offer cannot be answered');
    case 'path-not-found':
      return stop(reconnectCodes.launchFailed, 'the program could not be started');
    case 'waiting-for-host':
    case 'slow-down':
    case 'initializing':
    case 'timeout':
    case 'node-unreachable':
    case 'failed':
      return retry('the session cannot be reached at the moment');
    default:
      return assertNever(outcome, 'outcome of reconnect');
  }
}
