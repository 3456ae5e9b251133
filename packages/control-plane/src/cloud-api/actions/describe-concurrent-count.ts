import { mapDescribeConcurrentCount } from '../error-mapping/sessions.js';
import type { ActionHandler } from './handler.js';

/** DescribeConcurrentCount: counts slots. */
export const handleDescribeConcurrentCount: ActionHandler<'DescribeConcurrentCount'> = async (
  { services, caller },
  request,
) => {
  const outcome = await services.describeConcurrentCount(caller, {
    projectId: request.ProjectId ?? '',
    category: request.ApplicationCategory ?? '',
  });
  if (outcome.type !== 'counted') return { type: 'refused', failure: mapDescribeConcurrentCount(outcome) };
  return { type: 'answered', response: { Total: outcome.count.total, Running: outcome.count.running } };
};
