import { mapApplyConcurrent } from '../error-mapping/sessions.js';
import type { ActionHandler } from './handler.js';

/** ApplyConcurrent: reserves a slot. */
export const handleApplyConcurrent: ActionHandler<'ApplyConcurrent'> = async ({ services, caller }, request) => {
  const outcome = await services.applyConcurrent(caller, {
    userId: request.UserId,
    userIp: request.UserIp,
    projectId: request.ProjectId,
    applicationId: request.ApplicationId ?? '',
    applicationVersionId: request.ApplicationVersionId ?? '',
  });
  if (outcome.type === 'reserved') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapApplyConcurrent(outcome) };
};
