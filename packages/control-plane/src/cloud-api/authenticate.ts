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
import { isInSourceRanges } from '../services/accounts/source-ranges.js';
import type { AccessKey, Services } from '../services/contract.js';
import type { AuthThrottle } from './auth-throttle.js';
import type { CloudApiConfig } from './config.js';
import { withDeadline } from './deadline.js';
import { cloudApiServerLimits } from './limits.js';
import type { ApiCall } from './request.js';

/** Who has signed a call, and what the key allows. */
export interface AuthenticatedCaller {
  readonly accountId: string;
  readonly secretId: string;
  readonly permissions: readonly string[];
}

/** Who called, or why the call is refused. */
export type Authentication =
  | { readonly type: 'authenticated'; readonly caller: AuthenticatedCaller }
  | { readonly type: 'refused'; readonly error: PublicError };

/** What {@link authenticate} needs. */
export interface AuthenticateDeps {
  readonly services: Pick<Services, 'findAccessKey' | 'noteAccessKeyUse'>;
  readonly config: Pick<CloudApiConfig, 'clockWindowSeconds' | 'publicHosts'>;
  readonly throttle: AuthThrottle;
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

async function findKey(secretId: string, deps: AuthenticateDeps): Promise<AccessKey | null> {
  const deadlineMs = cloudApiServerLimits.authenticationDeadlineMs;
  const found = await withDeadline(deps.services.findAccessKey(secretId), deadlineMs, deps.onLateError);
  if (found.type === 'done') return found.value;
  throw new AppError('deadline-exceeded', `the access key could not be looked up within ${deadlineMs} ms`);
}

async function check(call: ApiCall, address: string, deps: AuthenticateDeps): Promise<Authentication> {
  const { secretId, token } = call.credentials;
  if (secretId.length > cloudApiLimits.secretIdChars || !/^[A-Za-z0-9_.-]+$/.test(secretId)) {
    return refused(publicError('AuthFailure.InvalidSecretId'));
  }
  const key = await findKey(secretId, deps);
  const isValid = key?.enabled === true && (key.expiresAt === null || deps.now() < key.expiresAt);
  if (key === null || !isValid) return refused(publicError('AuthFailure.SecretIdNotFound'));
  const timeError = checkTime(call, deps);
  if (timeError !== null) return refused(timeError);
  if (!call.credentials.verify(key.secretKey, deps.config.publicHosts)) {
    return refused(publicError('AuthFailure.SignatureFailure'));
  }
  // Keys of this server are permanent: a token can only be somebody else's.
  if (token !== '') return refused(publicError('AuthFailure.TokenFailure'));
  // After the signature: only the key's owner learns that there is a list.
  if (key.sourceRanges.length > 0 && !isInSourceRanges(address, key.sourceRanges)) {
    return refused(publicError('IpNotInWhitelist'));
  }
  const { accountId, permissions } = key;
  return { type: 'authenticated', caller: { accountId, secretId, permissions } };
}

/**
 * Checks a call's key, time, signature, token and source, in the platform's order. `address` is where the call came from.
 * @throws AppError `deadline-exceeded` when the key cannot be looked up in time.
 */
export async function authenticate(call: ApiCall, address: string, deps: AuthenticateDeps): Promise<Authentication> {
  const { secretId } = call.credentials;
  if (!deps.throttle.admits(address, secretId)) return refused(publicError('RequestLimitExceeded.IPLimitExceeded'));
  const result = await check(call, address, deps);
  if (result.type === 'refused') {
    deps.throttle.failed(address);
  } else {
    deps.throttle.succeeded(address, secretId);
    deps.services.noteAccessKeyUse(secretId);
  }
  return result;
}
