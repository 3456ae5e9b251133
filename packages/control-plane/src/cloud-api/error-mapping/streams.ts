import { explainedError, publicError } from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import type { StartPublishOutcome, StopPublishOutcome } from '../../services/streams/contract.js';
import type { FailureOf, MappedFailure } from './failure.js';

/** Refusals of StartPublishStream and StartPublishStreamWithURL; `parameter` is where the caller's part of the URL comes from. */
export function mapStartPublish(
  outcome: FailureOf<StartPublishOutcome, 'started'>,
  parameter: 'PublishStreamArgs' | 'PublishStreamURL',
): MappedFailure {
  switch (outcome.type) {
    case 'not-configured':
      return {
        error: publicError('OperationDenied', {
          'en-US': 'This installation has no push domain: set streams.publishDomain, or use StartPublishStreamWithURL.',
          'zh-CN': '尚未配置推流域名：请设置 streams.publishDomain，或使用 StartPublishStreamWithURL。',
        }),
      };
    case 'target-refused':
      return {
        error: publicError('OperationDenied', {
          'en-US': 'PublishStreamURL names an address that is not on the internet.',
          'zh-CN': 'PublishStreamURL 指向的地址不是公网地址。',
        }),
      };
    case 'url-invalid':
      return {
        error: explainedError(
          'InvalidParameter',
          { 'en-US': `${parameter} makes no usable push URL`, 'zh-CN': `${parameter} 无法构成可用的推流地址` },
          outcome.reason,
        ),
      };
    case 'session-not-found':
      return { error: publicError('ResourceNotFound.SessionNotFound') };
    case 'timeout':
      // The action lists no code for a node that is late; the remedy is to call again.
      return { error: publicError('FailedOperation'), detail: 'the render node did not answer in time' };
    case 'failed':
      return { error: publicError('FailedOperation'), detail: outcome.message };
    default:
      return assertNever(outcome, 'outcome of StartPublishStream');
  }
}

/** Refusals of StopPublishStream. */
export function mapStopPublish(outcome: FailureOf<StopPublishOutcome, 'stopped'>): MappedFailure {
  switch (outcome.type) {
    case 'session-not-found':
      return { error: publicError('ResourceNotFound.SessionNotFound') };
    case 'timeout':
      return { error: publicError('FailedOperation'), detail: 'the render node did not answer' };
    default:
      return assertNever(outcome, 'outcome of StopPublishStream');
  }
}
