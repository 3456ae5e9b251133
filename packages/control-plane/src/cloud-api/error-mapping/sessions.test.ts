import { type ActionName, actions, isPlatformErrorCode, renderErrorMessage } from '@cloudstage/cloud-api';
import { describe, expect, it } from 'vitest';
import type { MappedFailure } from './failure.js';
import { mapApplyConcurrent, mapCreateSession, mapDescribeConcurrentCount, mapDestroySession } from './sessions.js';

const message = '/var/lib/cloudstage/packages/x: ENOENT';

const cases: [ActionName, MappedFailure, string][] = [
  ['ApplyConcurrent', mapApplyConcurrent({ type: 'project-not-found' }), 'InvalidParameterValue'],
  ['ApplyConcurrent', mapApplyConcurrent({ type: 'application-not-found', message }), 'InvalidParameterValue'],
  ['ApplyConcurrent', mapApplyConcurrent({ type: 'no-idle' }), 'ResourceNotFound.NoIdle'],
  ['ApplyConcurrent', mapApplyConcurrent({ type: 'initializing' }), 'ResourceUnavailable.Initialization'],
  ['ApplyConcurrent', mapApplyConcurrent({ type: 'stopping' }), 'UnsupportedOperation.Stopping'],
  ['ApplyConcurrent', mapApplyConcurrent({ type: 'slow-down' }), 'FailedOperation.SlowDown'],
  ['ApplyConcurrent', mapApplyConcurrent({ type: 'timeout' }), 'FailedOperation.ProcessTimeout'],
  ['CreateSession', mapCreateSession({ type: 'lock-timeout' }), 'FailedOperation.LockTimeout'],
  ['CreateSession', mapCreateSession({ type: 'slow-down' }), 'FailedOperation.SlowDown'],
  ['CreateSession', mapCreateSession({ type: 'stopping' }), 'UnsupportedOperation.Stopping'],
  ['CreateSession', mapCreateSession({ type: 'initializing' }), 'ResourceUnavailable.Initialization'],
  ['CreateSession', mapCreateSession({ type: 'timeout' }), 'FailedOperation.ProcessTimeout'],
  ['CreateSession', mapCreateSession({ type: 'node-unreachable' }), 'FailedOperation.ProcessTimeout'],
  ['CreateSession', mapCreateSession({ type: 'path-not-found', message }), 'FailedOperation.PathNotFound'],
  ['CreateSession', mapCreateSession({ type: 'host-session-not-found' }), 'ResourceNotFound.SessionNotFound'],
  ['CreateSession', mapCreateSession({ type: 'role-limit' }), 'LimitExceeded.Role'],
  ['CreateSession', mapCreateSession({ type: 'failed', message }), 'FailedOperation'],
  ['DestroySession', mapDestroySession({ type: 'timeout' }), 'FailedOperation.ProcessTimeout'],
  ['DescribeConcurrentCount', mapDescribeConcurrentCount({ type: 'project-not-found' }), 'InvalidParameterValue'],
];

describe('error mapping', () => {
  it.each(cases)('%s: %j is %s, a code of the action, and tells nothing internal', (action, failure, code) => {
    expect(failure.error.code).toBe(code);
    expect(isPlatformErrorCode(failure.error.code) || actions[action].errorCodes.includes(failure.error.code)).toBe(
      true,
    );
    expect(renderErrorMessage(failure.error, 'en-US')).not.toContain('/var/lib');
    expect(renderErrorMessage(failure.error, 'zh-CN')).not.toContain('/var/lib');
  });

  it('explains what is wrong with an offer, and names the codec', () => {
    const codec = mapCreateSession({ type: 'codec-unsupported', message: 'VP9 is not offered here' }).error;
    expect(codec.code).toBe('InvalidParameterValue');
    expect(renderErrorMessage(codec, 'en-US')).toBe('ClientSession offers no supported codec: VP9 is not offered here');
    const offer = mapCreateSession({ type: 'offer-invalid', message: 'no video section' }).error;
    expect(renderErrorMessage(offer, 'zh-CN')).toBe('ClientSession 中的 SDP 不可用：no video section');
  });
});
