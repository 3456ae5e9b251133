import type { ActionName, ActionRequest, ActionResponse } from '@cloudstage/cloud-api';
import type { Caller, Services } from '../../services/contract.js';
import type { MappedFailure } from '../error-mapping/failure.js';

/** What a handler may use. */
export interface ActionContext {
  readonly services: Services;
  readonly caller: Caller;
}

/** Result of a handler. */
export type ActionResult<N extends ActionName> =
  | { readonly type: 'answered'; readonly response: ActionResponse<N> }
  | { readonly type: 'refused'; readonly failure: MappedFailure };

/** Calls the use case of one action with checked parameters, and turns its outcome into the public response. */
export type ActionHandler<N extends ActionName> = (
  context: ActionContext,
  request: ActionRequest<N>,
) => Promise<ActionResult<N>>;

/** One handler for every offered action. */
export type ActionHandlers = { readonly [N in ActionName]: ActionHandler<N> };
