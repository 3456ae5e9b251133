import type { ActionHandlers } from '../handler.js';
import {
  handleBindPackages,
  handleModifyPackage,
  handleResetPackages,
  handleUnbindPackages,
} from './package-changes.js';
import { handleDescribePackages, handleDescribeSummary } from './package-queries.js';

/** Handlers of the actions on concurrency packages. */
export const packageHandlers = {
  BindConcurrentPackagesToProject: handleBindPackages,
  DescribeConcurrentPackages: handleDescribePackages,
  DescribeConcurrentSummary: handleDescribeSummary,
  ModifyConcurrentPackage: handleModifyPackage,
  ResetConcurrentPackages: handleResetPackages,
  UnbindConcurrentPackagesFromProject: handleUnbindPackages,
} satisfies Partial<ActionHandlers>;
