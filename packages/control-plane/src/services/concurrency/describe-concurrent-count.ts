import { countAccount, countProject } from '../../db/capacity.js';
import type { Services } from '../contract.js';
import type { ServiceDeps } from '../deps.js';

/** Use case DescribeConcurrentCount: slots that a project or the account may use, and those that are not idle. */
export function createDescribeConcurrentCount(deps: ServiceDeps): Services['describeConcurrentCount'] {
  return async (caller, input) => {
    const { executor } = deps.database;
    if (input.projectId === '') {
      const count = await countAccount(executor, { accountId: caller.accountId, category: input.category });
      return { type: 'counted', count };
    }
    const count = await countProject(executor, { ...input, accountId: caller.accountId });
    return count === null ? { type: 'project-not-found' } : { type: 'counted', count };
  };
}
