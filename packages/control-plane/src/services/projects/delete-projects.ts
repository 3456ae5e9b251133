import { lockPackagesOfProjects, movePackage } from '../../db/packages.js';
import { lockUnclaimedOfProject } from '../../db/prelaunch.js';
import { findProjectInUse, lockProjects, markProjectsDeleted } from '../../db/projects.js';
import type { Executor } from '../../db/schema.js';
import type { ServiceDeps } from '../deps.js';
import { type SendEndOrder, sendInBackground } from '../sessions/end-order.js';
import { applySessionEvent, type EndOrder } from '../sessions/session-transition.js';
import type { DeleteProjectsOutcome, ProjectServices } from './contract.js';

/**
 * Use case DeleteApplicationProjects. The rows stay, because the history names them. While the projects are locked, new
 * reservations wait, and then find them deleted. Programs that were started before any user came are ended; those that another
 * transaction holds, by the next sweep: a project that is deleted is not preloaded.
 */
export function createDeleteApplicationProjects(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
): ProjectServices['deleteApplicationProjects'] {
  return async (caller, input) => {
    const key = { accountId: caller.accountId, projectIds: [...new Set(input.projectIds)] };
    const { outcome, orders } = await deps.database.transaction((tx) => remove(deps, tx, key));
    sendInBackground(deps, sendEndOrder, orders);
    return outcome;
  };
}

async function remove(
  deps: ServiceDeps,
  tx: Executor,
  key: { readonly accountId: string; readonly projectIds: readonly string[] },
): Promise<{ readonly outcome: DeleteProjectsOutcome; readonly orders: readonly EndOrder[] }> {
  // ApplyConcurrent locks seats of packages before it touches the project: so does this, or the two could block each other.
  const packages = await lockPackagesOfProjects(tx, key);
  const found = new Set(await lockProjects(tx, key));
  const missing = key.projectIds.find((id) => !found.has(id));
  if (missing !== undefined) return { outcome: { type: 'project-not-found', projectId: missing }, orders: [] };
  const unclaimed = [];
  for (const projectId of key.projectIds) unclaimed.push(...(await lockUnclaimedOfProject(tx, projectId)));
  const inUse = await findProjectInUse(tx, key.projectIds);
  if (inUse !== null) return { outcome: { type: 'in-use', projectId: inUse }, orders: [] };
  const context = { now: deps.now(), settings: deps.settings };
  const orders: EndOrder[] = [];
  for (const row of unclaimed) {
    orders.push(...(await applySessionEvent(tx, row, { type: 'end-requested', reason: 'api' }, context)).orders);
  }
  for (const packageId of packages) await movePackage(tx, packageId, null);
  await markProjectsDeleted(tx, key.projectIds, context.now);
  return { outcome: { type: 'deleted' }, orders };
}
