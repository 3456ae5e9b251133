import { publicError } from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import type {
  CreateSnapshotOutcome,
  CreateUploadVersionOutcome,
  DeleteVersionOutcome,
  IssueUploadCredentialOutcome,
  PublishVersionOutcome,
  RenameVersionOutcome,
} from '../../services/applications/contract.js';
import {
  applicationLocked,
  applicationNotFound,
  denied,
  invalidInput,
  versionLocked,
  versionNotFound,
} from './applications.js';
import type { FailureOf, MappedFailure } from './failure.js';

/** Refusals of CreateApplicationVersion. */
export function mapCreateUploadVersion(outcome: FailureOf<CreateUploadVersionOutcome, 'created'>): MappedFailure {
  switch (outcome.type) {
    case 'application-not-found':
      return applicationNotFound;
    case 'application-locked':
      return applicationLocked(outcome);
    case 'version-pending':
      return {
        error: publicError('OperationDenied.VersionCreating', {
          'en-US': `Version ${outcome.versionId} is ${outcome.state}: put it online or delete it first.`,
          'zh-CN': `版本 ${outcome.versionId} 尚未发布（${outcome.state}），请先发布或删除该版本。`,
        }),
      };
    case 'version-limit':
      return {
        error: publicError('OperationDenied.VersionLimitExceeded', {
          'en-US': `An application has at most ${outcome.maxVersions} versions; delete one first.`,
          'zh-CN': `每个应用最多 ${outcome.maxVersions} 个版本，请先删除旧版本。`,
        }),
      };
    case 'denied':
      return denied(outcome);
    case 'invalid':
      return invalidInput(outcome);
    default:
      return assertNever(outcome, 'outcome of CreateApplicationVersion');
  }
}

/** Refusals of calls about the package of a version: DescribeCosCredential and CreateApplicationSnapshot. */
function mapPackageCall(
  outcome: FailureOf<IssueUploadCredentialOutcome, 'issued'> | FailureOf<CreateSnapshotOutcome, 'accepted'>,
): MappedFailure {
  switch (outcome.type) {
    case 'application-not-found':
      return applicationNotFound;
    case 'application-locked':
      return applicationLocked(outcome);
    case 'denied':
      return denied(outcome);
    case 'invalid':
      return invalidInput(outcome);
    default:
      return assertNever(outcome, 'outcome of a call about a package');
  }
}

/** Refusals of DescribeCosCredential. */
export const mapIssueUploadCredential: (outcome: FailureOf<IssueUploadCredentialOutcome, 'issued'>) => MappedFailure =
  mapPackageCall;

/** Refusals of CreateApplicationSnapshot. */
export const mapCreateSnapshot: (outcome: FailureOf<CreateSnapshotOutcome, 'accepted'>) => MappedFailure =
  mapPackageCall;

/** Refusals of DeleteApplicationVersion. */
export function mapDeleteVersion(outcome: FailureOf<DeleteVersionOutcome, 'deleted'>): MappedFailure {
  switch (outcome.type) {
    case 'application-not-found':
      return applicationNotFound;
    case 'application-locked':
      return applicationLocked(outcome);
    case 'version-not-found':
      return versionNotFound;
    case 'version-locked':
      return versionLocked(outcome);
    case 'denied':
      return denied(outcome);
    default:
      return assertNever(outcome, 'outcome of DeleteApplicationVersion');
  }
}

/** Refusals of changes of one version that exists. */
function mapVersionChange(
  outcome: FailureOf<PublishVersionOutcome, 'published'> | FailureOf<RenameVersionOutcome, 'renamed'>,
): MappedFailure {
  switch (outcome.type) {
    case 'application-not-found':
      return applicationNotFound;
    case 'application-locked':
      return applicationLocked(outcome);
    case 'version-not-found':
      return versionNotFound;
    case 'denied':
      return denied(outcome);
    default:
      return assertNever(outcome, 'outcome of a change of a version');
  }
}

/** Refusals of SetApplicationVersionOnline. */
export const mapPublishVersion: (outcome: FailureOf<PublishVersionOutcome, 'published'>) => MappedFailure =
  mapVersionChange;

/** Refusals of ModifyApplicationVersion. */
export const mapRenameVersion: (outcome: FailureOf<RenameVersionOutcome, 'renamed'>) => MappedFailure =
  mapVersionChange;
