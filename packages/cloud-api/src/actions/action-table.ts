import type { RequestType, ResponseType } from './action.js';
import { applyConcurrent } from './apply-concurrent.js';
import { createSession } from './create-session.js';
import { describeConcurrentCount } from './describe-concurrent-count.js';
import { destroySession } from './destroy-session.js';

/** Every action the API offers, by its public name. A name that is not here is `InvalidAction`. */
export const actions = {
  ApplyConcurrent: applyConcurrent,
  CreateSession: createSession,
  DescribeConcurrentCount: describeConcurrentCount,
  DestroySession: destroySession,
} as const;

/** Public name of an offered action. */
export type ActionName = keyof typeof actions;

/** Request of an action as the caller sends it. */
export type ActionRequest<N extends ActionName> = RequestType<(typeof actions)[N]>;

/** Response of an action without `RequestId`. */
export type ActionResponse<N extends ActionName> = ResponseType<(typeof actions)[N]>;

/** All names, in the order of the table. */
export const actionNames: readonly ActionName[] = Object.freeze(Object.keys(actions) as ActionName[]);

/** True when `name` is offered. Exact spelling, as on the platform. */
export function isActionName(name: string): name is ActionName {
  return Object.hasOwn(actions, name);
}
