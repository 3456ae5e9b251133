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
  publicError,
  unflattenParameters,
} from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import type { Caller, Services } from '../services/contract.js';
import { actionHandlers } from './actions/handlers.js';
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

/** Runs an authenticated call: version, action, rate, parameters, use case, in the platform's order of refusals. */
export async function dispatch(call: ApiCall, caller: Caller, deps: DispatchDeps): Promise<DispatchResult> {
  const refuse = (failure: MappedFailure): DispatchResult => ({ type: 'refused', failure });
  if (call.version === '') return refuse({ error: missingParameter(`${call.commonPrefix}Version`) });
  if (call.action === '') return refuse({ error: missingParameter(`${call.commonPrefix}Action`) });
  if (call.version !== apiVersion) return refuse({ error: publicError('NoSuchVersion') });
  const name = call.action;
  if (!isActionName(name)) return refuse({ error: publicError('InvalidAction') });
  if (!deps.rateLimiter.take(`${name} ${caller.accountId}`, rateLimitOf(deps.config, name))) {
    return refuse({ error: publicError('RequestLimitExceeded') });
  }
  const parameters = decodeParameters(name, call.parameters);
  if (parameters.type === 'refused') return refuse({ error: parameters.error });
  return runAction(name, parameters.value, caller, deps);
}
