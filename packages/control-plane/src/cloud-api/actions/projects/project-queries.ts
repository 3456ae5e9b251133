import type { ActionResponse } from '@cloudstage/cloud-api';
import { isConcurrencyType } from '../../../domain/concurrency-types.js';
import { formatDuration } from '../../../domain/duration.js';
import {
  type ProjectFilterName,
  type ProjectQuery,
  type ProjectStatus,
  type ProjectSummary,
  projectFilterNames,
} from '../../../services/projects/contract.js';
import { unknownFilter } from '../../error-mapping/concurrency.js';
import { projectNotFound } from '../../error-mapping/sessions.js';
import type { ActionHandler } from '../handler.js';

type ProjectEntry = NonNullable<ActionResponse<'DescribeApplicationProjects'>['Projects']>[number];

/** Rows of a page when none are asked for. */
const defaultPageRows = 20;

const statuses = {
  online: 'Online',
  'no-concurrent': 'NoConcurrent',
  'application-creating': 'applicationCreating',
  'application-create-failed': 'applicationCreateFail',
  'application-deleting': 'applicationDeleting',
  'application-not-configured': 'applicationNoConfigured',
} as const satisfies Record<ProjectStatus, string>;

function toEntry(row: ProjectSummary): ProjectEntry {
  if (!isConcurrencyType(row.concurrencyType)) {
    throw new TypeError(`project ${row.id} has the unknown type "${row.concurrencyType}"`);
  }
  return {
    ProjectId: row.id,
    Name: row.name,
    Description: row.description,
    Type: row.concurrencyType,
    ApplicationId: row.applicationId,
    IsPreload: row.isPreload,
    Amount: row.amount,
    Using: row.using,
    ApplicationStatus: statuses[row.status],
    ApplicationParams: row.parameters,
    CreateTime: new Date(row.createdAt).toISOString(),
    ApplicationName: row.applicationName,
    Resolution: `${row.width}x${row.height}`,
    ProjectType: row.type,
    Purpose: '',
    ApplicationRegions: [...row.applicationRegions],
    ConcurrentRegions: [...row.concurrentRegions],
    ProjectCategory: row.category,
  };
}

const isFilterName = (name: string): name is ProjectFilterName =>
  (projectFilterNames as readonly string[]).includes(name);

/** Null: a filter has a name that there is not. */
function toFilters(
  filters: readonly { readonly Name: string; readonly Values: readonly string[] }[],
): ProjectQuery['filters'] | null {
  const decoded: { name: ProjectFilterName; values: readonly string[] }[] = [];
  for (const { Name, Values } of filters) {
    if (!isFilterName(Name)) return null;
    decoded.push({ name: Name, values: Values });
  }
  return decoded;
}

/** DescribeApplicationProjects: projects of one category. */
export const handleDescribeProjects: ActionHandler<'DescribeApplicationProjects'> = async (
  { services, caller },
  request,
) => {
  const filters = toFilters(request.Filters ?? []);
  if (filters === null) return { type: 'refused', failure: unknownFilter(projectFilterNames) };
  const { total, projects } = await services.describeApplicationProjects(caller, {
    category: request.ProjectCategory ?? 'DESKTOP',
    filters,
    offset: request.Offset ?? 0,
    limit: request.Limit || defaultPageRows,
  });
  return { type: 'answered', response: { Projects: projects.map(toEntry), Total: total } };
};

const megabits = (bps: number): number => Math.round(bps / 1_000_000);

/** DescribeApplicationProjectAdvancedConfig: the values in force, also where they are the defaults. */
export const handleDescribeAdvancedConfig: ActionHandler<'DescribeApplicationProjectAdvancedConfig'> = async (
  { services, caller },
  request,
) => {
  const outcome = await services.describeApplicationProject(caller, { projectId: request.ProjectId });
  if (outcome.type !== 'described') return { type: 'refused', failure: projectNotFound };
  const { project, image } = outcome;
  return {
    type: 'answered',
    response: {
      ApplicationParams: project.parameters,
      Resolution: `${project.width}x${project.height}`,
      FPS: project.fps,
      MinBitrate: megabits(project.minBitrateBps),
      MaxBitrate: megabits(project.maxBitrateBps),
      PreloadDuration: formatDuration(project.preloadMs),
      ReconnectTimeout: formatDuration(project.reconnectGraceMs),
      UpstreamAudioOption: project.upstreamAudioOption,
      VideoEncodeConfig: { StreamPushGOPSeconds: Math.round(project.pushGopMs / 1_000) },
      XRMaxWidth: project.xrMaxWidth,
      BackgroundImage:
        image === null
          ? null
          : {
              COSFileId: image.id,
              URL: image.url,
              Name: image.name,
              CreateTime: new Date(image.createdAt).toISOString(),
            },
      DisableVideoCodecs: [...project.disabledVideoCodecs],
    },
  };
};
