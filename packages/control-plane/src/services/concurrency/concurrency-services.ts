import type { ServiceDeps } from '../deps.js';
import type { SendEndOrder } from '../sessions/end-order.js';
import { createBindPackages, createRenamePackage, createResetPackages, createUnbindPackages } from './bind-packages.js';
import type { ConcurrencyServices } from './contract.js';
import { createDescribePackages, createDescribeSummary } from './describe-packages.js';

/** Builds the use cases of concurrency packages. */
export function createConcurrencyServices(deps: ServiceDeps, sendEndOrder: SendEndOrder): ConcurrencyServices {
  return {
    bindPackages: createBindPackages(deps),
    unbindPackages: createUnbindPackages(deps),
    describePackages: createDescribePackages(deps),
    describeSummary: createDescribeSummary(deps),
    renamePackage: createRenamePackage(deps),
    resetPackages: createResetPackages(deps, sendEndOrder),
  };
}
