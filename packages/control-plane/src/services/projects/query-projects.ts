import { assertNever } from '@cloudstage/protocol';
import { findBackgroundImageRow } from '../../db/background-images.js';
import { type ProjectConcurrency, readPoolCapacities, readProjectConcurrency } from '../../db/counts.js';
import { listProjects, type ProjectListRow } from '../../db/project-list.js';
import { findLiveProject } from '../../db/projects.js';
import { countTotal, type PoolCapacity, regionsOf } from '../../domain/concurrency-count.js';
import type { ServiceDeps } from '../deps.js';
import type { ProjectServices, ProjectStatus, ProjectSummary } from './contract.js';

function statusOf(readiness: ProjectListRow['readiness'], amount: number): ProjectStatus {
  switch (readiness) {
    case 'creating':
      return 'application-creating';
    case 'create-failed':
      return 'application-create-failed';
    case 'deleting':
      return 'application-deleting';
    case 'not-configured':
      return 'application-not-configured';
    case 'ready':
      return amount === 0 ? 'no-concurrent' : 'online';
    default:
      return assertNever(readiness, 'readiness of an application');
  }
}

/** Regions in which programs of a category can run: every node fetches every package. */
function programRegionsOf(category: string, pools: readonly PoolCapacity[]): readonly string[] {
  const regions = pools.filter((pool) => pool.category === category && pool.slots > 0).map((pool) => pool.region);
  return [...new Set(regions)].sort();
}

function toSummary(
  deps: ServiceDeps,
  { readiness, ...project }: ProjectListRow,
  concurrency: ProjectConcurrency | undefined,
  pools: readonly PoolCapacity[],
): ProjectSummary {
  const options = deps.settings.concurrency;
  const amount = concurrency === undefined ? 0 : countTotal(concurrency, pools, options);
  return {
    ...project,
    amount,
    using: concurrency?.using ?? 0,
    status: statusOf(readiness, amount),
    applicationRegions: programRegionsOf(project.category, pools),
    concurrentRegions: concurrency === undefined ? [] : regionsOf(concurrency, pools, options),
  };
}

/** Use case DescribeApplicationProjects: three statements, whatever the number of projects. */
export function createDescribeApplicationProjects(deps: ServiceDeps): ProjectServices['describeApplicationProjects'] {
  return async (caller, query) => {
    const { executor } = deps.database;
    const { accountId } = caller;
    const found = await listProjects(executor, { ...query, accountId });
    const projectIds = found.projects.map((row) => row.id);
    const counted = await readProjectConcurrency(executor, { accountId, projectIds, now: deps.now() });
    const byId = new Map(counted.map((entry) => [entry.id, entry]));
    const pools = projectIds.length === 0 ? [] : await readPoolCapacities(executor);
    const projects = found.projects.map((row) => toSummary(deps, row, byId.get(row.id), pools));
    return { total: found.total, projects };
  };
}

/** Use case DescribeApplicationProjectAdvancedConfig. */
export function createDescribeApplicationProject(deps: ServiceDeps): ProjectServices['describeApplicationProject'] {
  return async (caller, { projectId }) => {
    const { executor } = deps.database;
    const project = await findLiveProject(executor, { accountId: caller.accountId, projectId });
    if (project === null) return { type: 'project-not-found' };
    const { backgroundImageId } = project;
    const row = backgroundImageId === null ? null : await findBackgroundImageRow(executor, backgroundImageId);
    const image =
      row === null ? null : { id: row.id, name: row.name, url: deps.imageUrl(row.id), createdAt: row.createdAt };
    return { type: 'described', project, image };
  };
}
