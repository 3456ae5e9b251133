import { explainedError, invalidParameterValue, type PublicError, publicError } from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import type {
  ApplyConcurrentOutcome,
  CreateSessionOutcome,
  DescribeConcurrentCountOutcome,
  DestroySessionOutcome,
  ReconnectOutcome,
} from '../services/contract.js';

/** A failure as the caller sees it, and what only our log may know of it. */
export interface MappedFailure {
  readonly error: PublicError;
  /** For the log: may name paths and machines. */
  readonly detail?: string;
}

/** The failures of an outcome: all its types but the successful ones. */
export type FailureOf<Outcome extends { readonly type: string }, Success extends string> = Exclude<
  Outcome,
  { readonly type: Success }
>;

const projectNotFound: MappedFailure = {
  error: invalidParameterValue('ProjectId', { 'en-US': 'names no project.', 'zh-CN': '对应的项目不存在。' }),
};

/** Refusals of ApplyConcurrent. */
export function mapApplyConcurrent(outcome: FailureOf<ApplyConcurrentOutcome, 'reserved'>): MappedFailure {
  switch (outcome.type) {
    case 'project-not-found':
      return projectNotFound;
    case 'application-not-found':
      // The action lists no code for this; the value of a parameter or of the project's setting is what is wrong.
      return {
        error: publicError('InvalidParameterValue', {
          'en-US': 'The application or version to run does not exist or is not online.',
          'zh-CN': '要运行的应用或应用版本不存在或未上线。',
        }),
        detail: outcome.message,
      };
    case 'no-idle':
      return { error: publicError('ResourceNotFound.NoIdle') };
    case 'initializing':
      return { error: publicError('ResourceUnavailable.Initialization') };
    case 'stopping':
      return { error: publicError('UnsupportedOperation.Stopping') };
    case 'slow-down':
      return { error: publicError('FailedOperation.SlowDown') };
    case 'timeout':
      return { error: publicError('FailedOperation.ProcessTimeout') };
    default:
      return assertNever(outcome, 'outcome of ApplyConcurrent');
  }
}

/** Refusals of CreateSession. */
export function mapCreateSession(outcome: FailureOf<CreateSessionOutcome, 'created'>): MappedFailure {
  switch (outcome.type) {
    case 'lock-timeout':
      return { error: publicError('FailedOperation.LockTimeout') };
    case 'slow-down':
      return { error: publicError('FailedOperation.SlowDown') };
    case 'stopping':
      return { error: publicError('UnsupportedOperation.Stopping') };
    case 'initializing':
      return { error: publicError('ResourceUnavailable.Initialization') };
    case 'timeout':
      return { error: publicError('FailedOperation.ProcessTimeout') };
    case 'node-unreachable':
      // The action does not list ResourceUnavailable.AccessFailed; to the caller an unreachable node is one that did
      // not answer in time, and the remedy is the same: try again.
      return { error: publicError('FailedOperation.ProcessTimeout'), detail: 'the render node is unreachable' };
    case 'path-not-found':
      return { error: publicError('FailedOperation.PathNotFound'), detail: outcome.message };
    case 'offer-invalid':
      return {
        error: explainedError(
          'InvalidParameterValue',
          { 'en-US': 'ClientSession holds an unusable offer', 'zh-CN': 'ClientSession 中的 SDP 不可用' },
          outcome.message,
        ),
      };
    case 'codec-unsupported':
      return {
        error: explainedError(
          'InvalidParameterValue',
          { 'en-US': 'ClientSession offers no supported codec', 'zh-CN': 'ClientSession 中没有受支持的编解码器' },
          outcome.message,
        ),
      };
    case 'host-session-not-found':
      return { error: publicError('ResourceNotFound.SessionNotFound') };
    case 'role-limit':
      return { error: publicError('LimitExceeded.Role') };
    case 'failed':
      return { error: publicError('FailedOperation'), detail: outcome.message };
    default:
      return assertNever(outcome, 'outcome of CreateSession');
  }
}

/** Refusals of DestroySession. */
export function mapDestroySession(outcome: FailureOf<DestroySessionOutcome, 'destroyed'>): MappedFailure {
  switch (outcome.type) {
    case 'timeout':
      return { error: publicError('FailedOperation.ProcessTimeout') };
    default:
      return assertNever(outcome.type, 'outcome of DestroySession');
  }
}

/** Refusals of DescribeConcurrentCount. */
export function mapDescribeConcurrentCount(
  outcome: FailureOf<DescribeConcurrentCountOutcome, 'counted'>,
): MappedFailure {
  switch (outcome.type) {
    case 'project-not-found':
      return projectNotFound;
    default:
      return assertNever(outcome.type, 'outcome of DescribeConcurrentCount');
  }
}

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
