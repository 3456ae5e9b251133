import {
  cloudApiLimits,
  invalidParameterValue,
  isTimestampFresh,
  type PublicError,
  parseTimestamp,
  publicError,
  utcDate,
} from '@cloudstage/cloud-api';
import { AppError } from '@cloudstage/protocol';
import type { Services } from '../services/contract.js';
import type { CloudApiConfig } from './config.js';
import { withDeadline } from './deadline.js';
import { cloudApiServerLimits } from './limits.js';
import type { ApiCall } from './request.js';

/** Who called, or why the call is refused. */
export type Authentication =
  | { readonly type: 'authenticated'; readonly accountId: string }
  | { readonly type: 'refused'; readonly error: PublicError };

/** What {@link authenticate} needs. */
export interface AuthenticateDeps {
  readonly services: Pick<Services, 'findAccessKey'>;
  readonly config: Pick<CloudApiConfig, 'clockWindowSeconds' | 'publicHosts'>;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Told when a look-up that was given up fails later. */
  readonly onLateError: (error: unknown) => void;
}

function refused(error: PublicError): Authentication {
  return { type: 'refused', error };
}

function checkTime(call: ApiCall, deps: AuthenticateDeps): PublicError | null {
  const { timestamp, scopeDate } = call.credentials;
  const seconds = parseTimestamp(timestamp);
  if (seconds === null) {
    return invalidParameterValue(`${call.commonPrefix}Timestamp`, {
      'en-US': 'must be Unix time in seconds.',
      'zh-CN': '应为以秒为单位的 UNIX 时间戳。',
    });
  }
  if (!isTimestampFresh(seconds, deps.now(), deps.config.clockWindowSeconds)) {
    return publicError('AuthFailure.SignatureExpire');
  }
  if (scopeDate !== null && scopeDate !== utcDate(seconds)) {
    return publicError('AuthFailure.SignatureFailure', {
      'en-US': 'The date in Credential is not the UTC date of X-TC-Timestamp.',
      'zh-CN': 'Credential 中的日期与 X-TC-Timestamp 的 UTC 日期不一致。',
    });
  }
  return null;
}

/**
 * Checks a call's key, time, signature and token, in the platform's order.
 * @throws AppError `deadline-exceeded` when the key cannot be looked up in time.
 */
export async function authenticate(call: ApiCall, deps: AuthenticateDeps): Promise<Authentication> {
  const { secretId, token } = call.credentials;
  if (secretId.length > cloudApiLimits.secretIdChars || !/^[A-Za-z0-9_.-]+$/.test(secretId)) {
    return refused(publicError('AuthFailure.InvalidSecretId'));
  }
  const deadlineMs = cloudApiServerLimits.authenticationDeadlineMs;
  const found = await withDeadline(deps.services.findAccessKey(secretId), deadlineMs, deps.onLateError);
  if (found.type === 'late') {
    throw new AppError('deadline-exceeded', `the access key could not be looked up within ${deadlineMs} ms`);
  }
  const key = found.value;
  if (key === null || !key.enabled) return refused(publicError('AuthFailure.SecretIdNotFound'));
  const timeError = checkTime(call, deps);
  if (timeError !== null) return refused(timeError);
  if (!call.credentials.verify(key.secretKey, deps.config.publicHosts)) {
    return refused(publicError('AuthFailure.SignatureFailure'));
  }
  // Keys of this server are permanent: a token can only be somebody else's.
  if (token !== '') return refused(publicError('AuthFailure.TokenFailure'));
  return { type: 'authenticated', accountId: key.accountId };
}
