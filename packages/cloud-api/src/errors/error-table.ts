import type { LocalizedText } from './language.js';

const text = (en: string, zh: string): LocalizedText => ({ 'en-US': en, 'zh-CN': zh });

/**
 * Codes of the platform: any action may answer them.
 * @see docs/reference/cloud-api-protocol.md "Errors"
 */
const platformErrors = {
  ActionOffline: text('The action is offline.', '接口已下线。'),
  'AuthFailure.InvalidAuthorization': text(
    'The Authorization header is not valid.',
    '请求头部的 Authorization 不符合标准。',
  ),
  'AuthFailure.InvalidSecretId': text('The SecretId is malformed.', '密钥 ID 格式非法。'),
  'AuthFailure.MFAFailure': text('Multi-factor authentication failed.', 'MFA 错误。'),
  'AuthFailure.SecretIdNotFound': text(
    'The SecretId does not exist or is disabled.',
    '密钥不存在，请检查密钥是否已被删除或者禁用。',
  ),
  'AuthFailure.SignatureExpire': text(
    'The signature has expired: the timestamp differs too much from the time of the server. Check the clock.',
    '签名过期：时间戳与服务器时间相差过大，请检查本机时钟。',
  ),
  'AuthFailure.SignatureFailure': text(
    'The provided credentials could not be validated. Please check your signature is correct.',
    '签名错误：签名计算错误，请检查签名方法与密钥。',
  ),
  'AuthFailure.TokenFailure': text('The token is not valid.', 'Token 错误。'),
  'AuthFailure.UnauthorizedOperation': text('The key may not call this action.', '请求未授权。'),
  DryRunOperation: text('The dry run would have succeeded.', 'DryRun 操作，代表请求将会是成功的。'),
  FailedOperation: text('The operation failed.', '操作失败。'),
  InternalError: text(
    'An internal error has occurred. Retry, and report the RequestId if it stays.',
    '内部错误，请重试；若持续出现请提供 RequestId。',
  ),
  InvalidAction: text('The action does not exist.', '接口不存在。'),
  InvalidParameter: text('A parameter is not valid.', '参数错误。'),
  InvalidParameterValue: text('The value of a parameter is not valid.', '参数取值错误。'),
  InvalidRequest: text('The request body does not fit the request.', '请求格式错误。'),
  IpInBlacklist: text('The address of the caller is on the deny list.', 'IP 地址在黑名单中。'),
  IpNotInWhitelist: text('The address of the caller is not on the allow list.', 'IP 地址不在白名单中。'),
  LimitExceeded: text('A quota is exceeded.', '超过配额限制。'),
  MissingParameter: text('A parameter is missing.', '缺少参数。'),
  NoSuchProduct: text('The product does not exist.', '产品不存在。'),
  NoSuchVersion: text('The API version does not exist.', '接口版本不存在。'),
  RequestLimitExceeded: text('Too many requests a second. Try again later.', '请求的次数超过了频率限制。'),
  'RequestLimitExceeded.GlobalRegionUinLimitExceeded': text(
    'The account sends too many requests a second.',
    '主账号超过频率限制。',
  ),
  'RequestLimitExceeded.IPLimitExceeded': text('The address sends too many requests a second.', 'IP 限频。'),
  'RequestLimitExceeded.UinLimitExceeded': text('The account sends too many requests a second.', '主账号限频。'),
  RequestSizeLimitExceeded: text('The request is too large.', '请求包超过限制大小。'),
  ResourceInUse: text('The resource is in use.', '资源被占用。'),
  ResourceInsufficient: text('There are not enough resources.', '资源不足。'),
  ResourceNotFound: text('The resource does not exist.', '资源不存在。'),
  ResourceUnavailable: text('The resource is not available.', '资源不可用。'),
  ResponseSizeLimitExceeded: text('The response is too large.', '返回包超过限制大小。'),
  ServiceUnavailable: text('The service is not available at the moment.', '当前服务暂时不可用。'),
  UnauthorizedOperation: text('The operation is not authorized.', '未授权操作。'),
  UnknownParameter: text('A parameter is unknown.', '未知参数错误。'),
  UnsupportedOperation: text('The operation is not supported.', '操作不支持。'),
  UnsupportedProtocol: text('Only GET and POST are supported.', 'HTTP(S) 请求协议错误，只支持 GET 和 POST 请求。'),
  UnsupportedRegion: text('The region is not supported.', '接口不支持所传地域。'),
} as const;

/** Codes of application rendering. Each action lists those it may answer. */
const productErrors = {
  AuthFailure: text('Authentication or authorization failed.', 'CAM 签名或鉴权错误。'),
  'FailedOperation.ApplicationCreateFail': text('The application could not be created.', '应用创建失败。'),
  'FailedOperation.ApplicationLockFail': text('The application could not be locked.', '应用锁定失败。'),
  // The vendor's spelling.
  'FailedOperation.ApplicationNotFind': text('The application does not exist.', '应用不存在。'),
  'FailedOperation.LockTimeout': text(
    'No concurrency was applied for, or the reservation has expired. Call ApplyConcurrent first.',
    '未申请并发或申请的并发已超时，请先调用 ApplyConcurrent。',
  ),
  'FailedOperation.PathNotFound': text(
    'The executable path was not found in the package.',
    '应用的可执行程序路径不存在。',
  ),
  'FailedOperation.ProcessTimeout': text('The backend timed out. Try again.', '后台处理超时，请重试。'),
  'FailedOperation.SlowDown': text(
    'Another request of the same UserId is being processed.',
    '同一 UserId 的请求正在处理中，请勿并行调用。',
  ),
  'FailedOperation.VersionLockFail': text('The version could not be locked.', '版本锁定失败。'),
  'InvalidParameter.JsonParseError': text('JSON could not be parsed.', 'JSON 解析错误。'),
  'LimitExceeded.Role': text('No seat of this role is left.', '多人互动角色人数已达上限。'),
  OperationDenied: text('The operation is denied.', '操作被拒绝。'),
  'OperationDenied.ApplicationLimitExceeded': text('There are too many applications.', '应用数量超过限制。'),
  'OperationDenied.VersionCreating': text('A version is being created.', '有版本正在创建中。'),
  'OperationDenied.VersionLimitExceeded': text('There are too many versions.', '版本数量超过限制。'),
  'ResourceNotFound.NoIdle': text('No idle concurrency is left.', '没有空闲的并发。'),
  'ResourceNotFound.SessionNotFound': text('The session does not exist.', '会话不存在。'),
  'ResourceUnavailable.AccessFailed': text('The concurrency instance could not be reached.', '无法访问并发实例。'),
  'ResourceUnavailable.Initialization': text(
    'The instance is initializing. Try again.',
    '实例正在初始化，请稍后重试。',
  ),
  'UnsupportedOperation.Stopping': text('The session is being destroyed. Try again.', '会话正在销毁中，请稍后重试。'),
} as const;

/** Every public error code with its default message. The only source of codes: nothing else may be answered. */
export const errorTable = { ...platformErrors, ...productErrors } as const;

/** A code a caller may see in `Response.Error.Code`. */
export type ErrorCode = keyof typeof errorTable;

/** A code that any action may answer, besides those in its own list. */
export type PlatformErrorCode = keyof typeof platformErrors;

/** True when `text` is a code of the table. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}

/** True for a code that every action may answer without listing it. */
export function isPlatformErrorCode(code: ErrorCode): code is PlatformErrorCode {
  return Object.hasOwn(platformErrors, code);
}
