import { explainedError, invalidParameterValue, publicError } from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import type {
  ApplyConcurrentOutcome,
  CreateSessionOutcome,
  DescribeConcurrentCountOutcome,
  DestroySessionOutcome,
} from '../../services/contract.js';
import type { FailureOf, MappedFailure } from './failure.js';

/** Refusal of a ProjectId that names nothing of the account. */
export const projectNotFound: MappedFailure = {
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
export function mapCreateSession(
  outcome: FailureOf<CreateSessionOutcome, 'created' | 'waiting-for-host'>,
): MappedFailure {
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
