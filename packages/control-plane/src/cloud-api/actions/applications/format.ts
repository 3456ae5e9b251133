import type { ActionResponse } from '@cloudstage/cloud-api';
import type { ApplicationSummary } from '../../../services/applications/contract.js';

type Version = ApplicationSummary['versions'][number];
type PublicVersion = ActionResponse<'DescribeApplicationVersion'>['Versions'][number];
type List = ActionResponse<'DescribeApplicationList'>;
type PublicStatus = ActionResponse<'DescribeApplicationStatus'>['StatusList'][number];

/** Public names of the states of versions. Deleted ones are shown nowhere. */
const versionStatuses: Readonly<Record<Version['state'], PublicVersion['ApplicationVersionStatus']>> = {
  uploading: 'Uploading',
  creating: 'Creating',
  normal: 'Normal',
  'in-use': 'Inuse',
  usable: 'Usable',
  'create-failed': 'CreateFailed',
  deleting: 'Deleting',
  deleted: 'Deleting',
};

/** Public names of the run status. */
export const runStatuses: Readonly<
  Record<ApplicationSummary['status']['runStatus'], PublicStatus['ApplicationRunStatus']>
> = {
  creating: 'ApplicationCreating',
  'create-failed': 'ApplicationCreateFail',
  'not-configured': 'ApplicationNoConfigured',
  running: 'ApplicationRunning',
  deleting: 'ApplicationDeleting',
  'no-package': 'ApplicationNoPackage',
};

/** Public names of the update status. */
export const updateStatuses: Readonly<
  Record<ApplicationSummary['status']['updateStatus'], PublicStatus['ApplicationUpdateStatus']>
> = {
  normal: 'ApplicationUpdateNormal',
  creating: 'ApplicationUpdateCreating',
  'create-failed': 'ApplicationUpdateCreateFail',
  'not-released': 'ApplicationUpdateNoReleased',
  released: 'ApplicationUpdateReleased',
};

const timeText = (ms: number): string => new Date(ms).toISOString();

/** A version as answers show it. PURE. */
export function formatVersion(version: Version): PublicVersion {
  return {
    ApplicationVersionId: version.id,
    ApplicationVersionSize: version.totalBytes ?? 0,
    ApplicationVersionStatus: versionStatuses[version.state],
    ApplicationVersionName: version.name,
    CreateTime: timeText(version.createdAt),
    ApplicationVersionRegions: [...version.regions],
    ApplicationVersionUpdateMode: version.updateMode,
    FailureReason: version.state === 'create-failed' ? version.failure : null,
  };
}

/** Run and update status as answers show them. PURE. */
export function formatStatus(status: ApplicationSummary['status']): PublicStatus {
  return {
    ApplicationId: status.applicationId,
    ApplicationRunStatus: runStatuses[status.runStatus],
    ApplicationUpdateStatus: updateStatuses[status.updateStatus],
    ApplicationUpdateProgress: status.progressPercent,
  };
}

/** Arguments that the operator gave as a list come first; quotes keep what has spaces together. */
function parametersText({ args, parameters }: ApplicationSummary['application']): string {
  const quoted = args.map((arg) => (arg === '' || /\s/.test(arg) ? `"${arg}"` : arg));
  return [...quoted, ...(parameters === '' ? [] : [parameters])].join(' ');
}

function commonFields({ application, status, versions }: ApplicationSummary) {
  return {
    ApplicationId: application.id,
    ApplicationName: application.name,
    ApplicationRunStatus: runStatuses[status.runStatus],
    ApplicationUpdateStatus: updateStatuses[status.updateStatus],
    ApplicationCreateTime: timeText(application.createdAt),
    ApplicationVersions: versions.map(formatVersion),
    ApplicationNature: 'PRIVATE' as const,
  };
}

function formatDesktop(
  summary: ApplicationSummary,
  kind: List['UserApplicationList'][number]['ApplicationType'],
): List['UserApplicationList'][number] {
  const { application, status } = summary;
  return {
    ...commonFields(summary),
    ApplicationType: kind,
    ApplicationExePath: application.entryPath ?? '',
    ApplicationInterList: application.processNames.join('|'),
    ApplicationParams: parametersText(application),
    ApplicationBaseInfo: {
      WindowUseType: application.windowUse === 'window' ? 'ApplicationWindow' : 'ApplicationDesktop',
      WindowName: application.windowName,
      WindowClassName: application.windowClassName,
      WindowCaptureMode: application.captureMode,
    },
    ApplicationUpdateProgress: status.progressPercent,
    ApplicationStores: application.stores.map((store) => ({
      CosBucket: store.bucket,
      CosRegion: store.region,
      StoreType: store.type,
      StoreState: 'OFF',
      StorePath: store.path,
    })),
  };
}

/** A page of applications, parted as answers show them. PURE. */
export function formatList(summaries: readonly ApplicationSummary[], total: number): List {
  const list: List = { UserApplicationList: [], ApplicationTotal: total, UserMobileApplicationList: [] };
  for (const summary of summaries) {
    const { kind } = summary.application;
    if (kind === 'ApplicationAPK') {
      list.UserMobileApplicationList.push({ ...commonFields(summary), ApplicationType: kind });
    } else {
      list.UserApplicationList.push(formatDesktop(summary, kind));
    }
  }
  return list;
}
