import { type ActionRequest, invalidParameterValue, type PublicError } from '@cloudstage/cloud-api';
import type { ApplicationCondition } from '../../../services/applications/contract.js';
import { mapApplicationRefusal } from '../../error-mapping/applications.js';
import type { ActionHandler } from '../handler.js';
import { formatList, formatStatus, formatVersion, runStatuses, updateStatuses } from './format.js';

type Filter = NonNullable<ActionRequest<'DescribeApplicationList'>['Filters']>[number];
type Parsed =
  | { readonly type: 'parsed'; readonly condition: ApplicationCondition }
  | { readonly type: 'refused'; readonly error: PublicError };

const refuse = (place: string, allowed: readonly string[]): Parsed => ({
  type: 'refused',
  error: invalidParameterValue(place, {
    'en-US': `must be one of ${allowed.join(', ')}.`,
    'zh-CN': `的取值应为 ${allowed.join('、')} 之一。`,
  }),
});

/** Internal names of public ones; null when one is unknown. */
function toInternal<Name extends string>(
  table: Readonly<Record<Name, string>>,
  values: readonly string[],
): readonly Name[] | null {
  const names = Object.keys(table) as Name[];
  const found = values.map((value) => names.find((name) => table[name] === value));
  return found.every((name) => name !== undefined) ? found : null;
}

function parseFilter({ Name: name, Values: values }: Filter, index: number): Parsed {
  switch (name) {
    case 'ApplicationId':
      return { type: 'parsed', condition: { field: 'id', values } };
    case 'ApplicationName':
      return { type: 'parsed', condition: { field: 'name', values } };
    case 'ApplicationRunStatus': {
      const statuses = toInternal(runStatuses, values);
      if (statuses === null) return refuse(`Filters.${index}.Values`, Object.values(runStatuses));
      return { type: 'parsed', condition: { field: 'runStatus', values: statuses } };
    }
    case 'ApplicationUpdateStatus': {
      const statuses = toInternal(updateStatuses, values);
      if (statuses === null) return refuse(`Filters.${index}.Values`, Object.values(updateStatuses));
      return { type: 'parsed', condition: { field: 'updateStatus', values: statuses } };
    }
    default: {
      const names = ['ApplicationId', 'ApplicationName', 'ApplicationRunStatus', 'ApplicationUpdateStatus'];
      return refuse(`Filters.${index}.Name`, names);
    }
  }
}

/** DescribeApplicationList: a page of applications. */
export const handleDescribeApplicationList: ActionHandler<'DescribeApplicationList'> = async (
  { services, caller },
  request,
) => {
  const filters: ApplicationCondition[] = [];
  for (const [index, filter] of (request.Filters ?? []).entries()) {
    const parsed = parseFilter(filter, index);
    if (parsed.type === 'refused') return { type: 'refused', failure: { error: parsed.error } };
    filters.push(parsed.condition);
  }
  const page = { offset: request.Offset, limit: request.Limit };
  const category = request.ApplicationCategory ?? '';
  const { total, applications } = await services.listApplications(caller, { ...page, category, filters });
  return { type: 'answered', response: formatList(applications, total) };
};

/** DescribeApplicationStatus: status of applications, for polling. */
export const handleDescribeApplicationStatus: ActionHandler<'DescribeApplicationStatus'> = async (
  { services, caller },
  request,
) => {
  const found = await services.describeApplicationStatus(caller, { applicationIds: request.ApplicationIdList });
  return { type: 'answered', response: { StatusList: found.map(formatStatus) } };
};

/** DescribeApplicationVersion: versions of an application. */
export const handleDescribeApplicationVersion: ActionHandler<'DescribeApplicationVersion'> = async (
  { services, caller },
  request,
) => {
  const outcome = await services.listApplicationVersions(caller, { applicationId: request.ApplicationId });
  if (outcome.type !== 'listed') return { type: 'refused', failure: mapApplicationRefusal(outcome) };
  return { type: 'answered', response: { Versions: outcome.versions.map(formatVersion) } };
};

/** DescribeApplicationPathList: programs in a package. */
export const handleDescribeApplicationPathList: ActionHandler<'DescribeApplicationPathList'> = async (
  { services, caller },
  request,
) => {
  const key = { applicationId: request.ApplicationId, versionId: request.ApplicationVersionId ?? '' };
  const outcome = await services.listPrograms(caller, key);
  if (outcome.type !== 'listed') return { type: 'refused', failure: mapApplicationRefusal(outcome) };
  return { type: 'answered', response: { PathList: outcome.paths === null ? null : [...outcome.paths] } };
};

/** DescribeApplicationFileInfo: whether paths are in the package. */
export const handleDescribeApplicationFileInfo: ActionHandler<'DescribeApplicationFileInfo'> = async (
  { services, caller },
  request,
) => {
  const input = { applicationId: request.ApplicationId, paths: request.FilePathList ?? [] };
  const outcome = await services.checkPackageFiles(caller, input);
  if (outcome.type !== 'checked') return { type: 'refused', failure: mapApplicationRefusal(outcome) };
  return {
    type: 'answered',
    response: {
      FileInfoList: outcome.files.map(({ path, exists }) => ({
        FilePath: path,
        FileState: exists ? 'EXIST' : 'NO_EXIST',
      })),
    },
  };
};
