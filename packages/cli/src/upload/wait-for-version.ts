import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudApiClient } from '@cloudstage/cloud-api';
import { AppError } from '@cloudstage/protocol';
import type { Version } from '../commands/app-versions.js';
import { limits } from '../limits.js';
import { printable } from '../output/table.js';

/** Options of {@link waitForVersion}. */
export interface WaitOptions {
  readonly applicationId: string;
  readonly versionId: string;
  /** Percent of the unpacking. */
  readonly onProgress: (percent: number) => void;
  readonly signal: AbortSignal;
}

const waiting: readonly string[] = ['Uploading', 'Creating'];

/**
 * Waits until the version is made.
 * @throws AppError `version-failed`, `version-gone`; `deadline-exceeded` after `limits.versionWaitMs`.
 */
export async function waitForVersion(api: CloudApiClient, options: WaitOptions): Promise<Version> {
  const { applicationId, versionId, signal } = options;
  for (let waited = 0; waited < limits.versionWaitMs; waited += limits.versionPollMs) {
    const { Versions } = await api.describeApplicationVersion({ ApplicationId: applicationId });
    const version = Versions.find(({ ApplicationVersionId }) => ApplicationVersionId === versionId);
    if (version === undefined) throw new AppError('version-gone', `The version ${versionId} was deleted meanwhile.`);
    if (version.ApplicationVersionStatus === 'CreateFailed') throw versionFailed(version);
    if (!waiting.includes(version.ApplicationVersionStatus)) return version;
    const { StatusList } = await api.describeApplicationStatus({ ApplicationIdList: [applicationId] });
    options.onProgress(StatusList[0]?.ApplicationUpdateProgress ?? 0);
    await sleep(limits.versionPollMs, undefined, { signal });
  }
  throw new AppError(
    'deadline-exceeded',
    `The version is still being made. "cloudstage app versions ${applicationId}" shows when it is done.`,
  );
}

function versionFailed(version: Version): AppError {
  const { ApplicationVersionId, FailureReason } = version;
  const reason = FailureReason === null ? '' : `: ${printable(FailureReason)}`;
  return new AppError(
    'version-failed',
    `Nothing could be made of the package of ${ApplicationVersionId}${reason}\nCorrect the package and run the same command again.`,
  );
}
