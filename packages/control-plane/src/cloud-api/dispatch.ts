import {
  type ActionName,
  type ActionRequest,
  actions,
  apiVersion,
  checkFormParameters,
  checkJsonParameters,
  type Decoded,
  isActionName,
  missingParameter,
  type PublicError,
  publicError,
  unflattenParameters,
} from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import { isPermitted } from '../domain/permissions.js';
import type { Caller, Services } from '../services/contract.js';
import { actionHandlers } from './actions/handlers.js';
import { createAuditedCall } from './audited-action.js';
import type { AuthenticatedCaller } from './authenticate.js';
import { type CloudApiConfig, deadlineOf, rateLimitOf } from './config.js';
import { withDeadline } from './deadline.js';
import type { MappedFailure } from './error-mapping/failure.js';
import type { RateLimiter } from './rate-limit.js';
import type { ApiCall, RawParameters } from './request.js';

/** Fields of the response, or a refusal. */
export type DispatchResult =
  | { readonly type: 'answered'; readonly response: Readonly<Record<string, unknown>> }
  | { readonly type: 'refused'; readonly failure: MappedFailure };

/** What {@link dispatch} needs. */
export interface DispatchDeps {
  readonly services: Services;
  readonly config: CloudApiConfig;
  readonly rateLimiter: RateLimiter;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Told when a use case that was given up fails later. */
  readonly onLateError: (error: unknown) => void;
}

function decodeParameters<N extends ActionName>(name: N, raw: RawParameters): Decoded<ActionRequest<N>> {
  // The schemas are those of the name, which the type system cannot follow through the table.
  const schema = actions[name].request;
  switch (raw.type) {
    case 'json':
      return checkJsonParameters(schema, raw.body) as Decoded<ActionRequest<N>>;
    case 'flat': {
      const nested = unflattenParameters(raw.parameters);
      if (nested.type === 'refused') return nested;
      return checkFormParameters(schema, nested.value) as Decoded<ActionRequest<N>>;
    }
    case 'unsupported':
      return {
        type: 'refused',
        error: publicError('InvalidRequest', {
          'en-US': `No action takes a ${raw.contentType} body with TC3-HMAC-SHA256; send application/json.`,
          'zh-CN': `使用 TC3-HMAC-SHA256 时不支持 ${raw.contentType} 请求体，请使用 application/json。`,
        }),
      };
    default:
      return assertNever(raw, 'parameters');
  }
}

async function runAction<N extends ActionName>(
  name: N,
  request: ActionRequest<N>,
  caller: Caller,
  deps: DispatchDeps,
): Promise<DispatchResult> {
  const handler = actionHandlers[name];
  const work = handler({ services: deps.services, caller }, request);
  const timed = await withDeadline(work, deadlineOf(deps.config, name), deps.onLateError);
  if (timed.type === 'done') return timed.value;
  const listed = actions[name].errorCodes.includes('FailedOperation.ProcessTimeout');
  const error = publicError(listed ? 'FailedOperation.ProcessTimeout' : 'InternalError');
  return { type: 'refused', failure: { error, detail: 'the use case did not finish before the deadline' } };
}

/** The caller of one request: who signed it, and under which id and from where it came. */
export interface DispatchCaller extends AuthenticatedCaller {
  readonly requestId: string;
  readonly sourceAddress: string;
}

async function dispatchAction<N extends ActionName>(
  name: N,
  call: ApiCall,
  caller: DispatchCaller,
  deps: DispatchDeps,
): Promise<DispatchResult> {
  const { accountId, secretId, requestId, sourceAddress, permissions } = caller;
  // Taken before the permission is looked at, so that refusals cannot be had without bound either.
  const inRate = deps.rateLimiter.take(`${name} ${accountId}`, rateLimitOf(deps.config, name));
  const audited = createAuditedCall(
    name,
    { accountId, secretId, requestId, sourceAddress },
    { audit: deps.services.audit, auditUserIp: deps.config.auditUserIp, now: deps.now },
  );
  const refuse = (error: PublicError): DispatchResult => {
    // What is refused by its rate leaves no entry: the log would grow with every attempt.
    if (inRate) audited?.refused(error.code);
    return { type: 'refused', failure: { error } };
  };
  if (!isPermitted(permissions, name)) return refuse(publicError('AuthFailure.UnauthorizedOperation'));
  if (!inRate) return refuse(publicError('RequestLimitExceeded'));
  const parameters = decodeParameters(name, call.parameters);
  if (parameters.type === 'refused') return refuse(parameters.error);
  const work = () => runAction(name, parameters.value, { accountId, requestId }, deps);
  return audited === null ? work() : audited.run({ ...parameters.value }, work);
}

/**
 * Runs an authenticated call: version, action, permission, rate, parameters, use case, in the platform's order of refusals.
 */
export async function dispatch(call: ApiCall, caller: DispatchCaller, deps: DispatchDeps): Promise<DispatchResult> {
  const refuse = (error: PublicError): DispatchResult => ({ type: 'refused', failure: { error } });
  if (call.version === '') return refuse(missingParameter(`${call.commonPrefix}Version`));
  if (call.action === '') return refuse(missingParameter(`${call.commonPrefix}Action`));
  if (call.version !== apiVersion) return refuse(publicError('NoSuchVersion'));
  if (!isActionName(call.action)) return refuse(publicError('InvalidAction'));
  return dispatchAction(call.action, call, caller, deps);
}
