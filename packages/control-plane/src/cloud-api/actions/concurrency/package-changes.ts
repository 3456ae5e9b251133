import {
  mapBindPackages,
  mapRenamePackage,
  mapResetPackages,
  mapUnbindPackages,
} from '../../error-mapping/concurrency.js';
import type { ActionHandler } from '../handler.js';

/** BindConcurrentPackagesToProject: all packages, or none. */
export const handleBindPackages: ActionHandler<'BindConcurrentPackagesToProject'> = async (
  { services, caller },
  request,
) => {
  const input = { packageIds: request.ConcurrentIds, projectId: request.ProjectId };
  const outcome = await services.bindPackages(caller, input);
  if (outcome.type === 'bound') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapBindPackages(outcome) };
};

/** UnbindConcurrentPackagesFromProject: all packages, or none. */
export const handleUnbindPackages: ActionHandler<'UnbindConcurrentPackagesFromProject'> = async (
  { services, caller },
  request,
) => {
  const input = { packageIds: request.ConcurrentIds, projectId: request.ProjectId ?? '' };
  const outcome = await services.unbindPackages(caller, input);
  if (outcome.type === 'unbound') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapUnbindPackages(outcome) };
};

/** ModifyConcurrentPackage: renames. */
export const handleModifyPackage: ActionHandler<'ModifyConcurrentPackage'> = async ({ services, caller }, request) => {
  const outcome = await services.renamePackage(caller, { packageId: request.ConcurrentId, name: request.Name });
  if (outcome.type === 'renamed') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapRenamePackage(outcome) };
};

/** ResetConcurrentPackages: everybody on the packages is disconnected. */
export const handleResetPackages: ActionHandler<'ResetConcurrentPackages'> = async ({ services, caller }, request) => {
  const outcome = await services.resetPackages(caller, { packageIds: request.ConcurrentPackageIds });
  if (outcome.type === 'reset') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapResetPackages(outcome) };
};
