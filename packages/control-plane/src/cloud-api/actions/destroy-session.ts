import { mapDestroySession } from '../error-mapping/sessions.js';
import type { ActionHandler } from './handler.js';

/** DestroySession: ends the user's session. */
export const handleDestroySession: ActionHandler<'DestroySession'> = async ({ services, caller }, request) => {
  const outcome = await services.destroySession(caller, { userId: request.UserId });
  if (outcome.type === 'destroyed') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapDestroySession(outcome) };
};
