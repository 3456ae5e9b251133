import { countAccountUse, readPackageAmounts, readPoolCapacities, readProjectConcurrency } from '../../db/counts.js';
import { capacityOf, clampPackages, countTotal, regionsOf } from '../../domain/concurrency-count.js';
import type { ConcurrentCount, Services } from '../contract.js';
import type { ServiceDeps } from '../deps.js';

/** What a listing tells of a project's concurrency. */
export interface ProjectCount extends ConcurrentCount {
  /** Regions in which it has any, by name. */
  readonly regions: readonly string[];
}

/** Counts of projects by id, for listings; ids that name no project of the account are missing in the result. */
export type CountProjects = (
  accountId: string,
  projectIds: readonly string[],
) => Promise<ReadonlyMap<string, ProjectCount>>;

/** Creates the counting of projects: what they may have, never more than the nodes have, and what is not idle of it. */
export function createCountProjects(deps: ServiceDeps): CountProjects {
  return async (accountId, projectIds) => {
    const { executor } = deps.database;
    const projects = await readProjectConcurrency(executor, { accountId, projectIds, now: deps.now() });
    if (projects.length === 0) return new Map();
    const pools = await readPoolCapacities(executor);
    const { concurrency } = deps.settings;
    return new Map(
      projects.map((project) => [
        project.id,
        {
          total: countTotal(project, pools, concurrency),
          running: project.using,
          regions: regionsOf(project, pools, concurrency),
        },
      ]),
    );
  };
}

/** Use case DescribeConcurrentCount: concurrencies that a project or the account may use, and those that are not idle. */
export function createDescribeConcurrentCount(
  deps: ServiceDeps,
  countProjects: CountProjects,
): Services['describeConcurrentCount'] {
  return async (caller, { projectId, category }) => {
    const { accountId } = caller;
    if (projectId === '') return { type: 'counted', count: await countAccount(deps, { accountId, category }) };
    const { executor } = deps.database;
    const [project] = await readProjectConcurrency(executor, { accountId, projectIds: [projectId], now: deps.now() });
    if (project === undefined) return { type: 'project-not-found' };
    // A project of the other category has none of the concurrencies that were asked for.
    if (category !== '' && category !== project.category) return { type: 'counted', count: { total: 0, running: 0 } };
    const count = (await countProjects(accountId, [projectId])).get(projectId);
    if (count === undefined) return { type: 'project-not-found' };
    return { type: 'counted', count: { total: count.total, running: count.running } };
  };
}

async function countAccount(
  deps: ServiceDeps,
  key: { readonly accountId: string; readonly category: '' | 'DESKTOP' | 'MOBILE' },
): Promise<ConcurrentCount> {
  const { executor } = deps.database;
  const pools = await readPoolCapacities(executor);
  const running = await countAccountUse(executor, key);
  const only = key.category === '' ? {} : { category: key.category };
  if (!deps.settings.concurrency.requirePackages) {
    return { total: capacityOf(pools, { region: null, type: null, ...only }), running };
  }
  const packages = await readPackageAmounts(executor, { accountId: key.accountId, now: deps.now() });
  return { total: clampPackages(packages, pools, key.category === '' ? undefined : key.category), running };
}
