import {
  explainedError,
  invalidParameterValue,
  type LocalizedText,
  type PublicError,
  publicError,
} from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import type {
  ApplicationLocked,
  ApplicationNotFound,
  CreateApplicationOutcome,
  CreateUploadVersionOutcome,
  Denied,
  InvalidInput,
  VersionLocked,
  VersionNotFound,
} from '../../services/applications/contract.js';
import type { FailureOf, MappedFailure } from './failure.js';

/** What actions on applications and their versions refuse alike; each action has a part of these. */
export type ApplicationRefusal =
  | ApplicationNotFound
  | ApplicationLocked
  | VersionNotFound
  | VersionLocked
  | Denied
  | InvalidInput;

const explained = (code: PublicError['code'], lead: LocalizedText, message: string): MappedFailure => ({
  error: explainedError(code, lead, message),
});

/** Names of the parameters as the caller knows them. */
const parameters: Readonly<Record<InvalidInput['field'], string>> = {
  name: 'ApplicationName',
  fileName: 'ApplicationFileName',
  updateMode: 'ApplicationVersionUpdateMode',
  downloadUrl: 'ApplicationDownloadUrl',
  entryPath: 'ApplicationExePath',
  processNames: 'ApplicationInterList',
  window: 'ApplicationBaseInfo',
  parameters: 'ApplicationParams',
  stores: 'ApplicationStores',
  application: 'ApplicationId',
};

/** The shared part of the mapping. */
export function mapApplicationRefusal(outcome: ApplicationRefusal): MappedFailure {
  switch (outcome.type) {
    case 'application-not-found':
      return { error: publicError('FailedOperation.ApplicationNotFind') };
    case 'application-locked': {
      const lead = { 'en-US': 'The application could not be locked', 'zh-CN': '应用锁定失败' };
      return explained('FailedOperation.ApplicationLockFail', lead, outcome.message);
    }
    case 'version-not-found':
      return {
        error: invalidParameterValue('ApplicationVersionId', {
          'en-US': 'names no version of the application.',
          'zh-CN': '对应的应用版本不存在。',
        }),
      };
    case 'version-locked': {
      const lead = { 'en-US': 'The version could not be locked', 'zh-CN': '版本锁定失败' };
      return explained('FailedOperation.VersionLockFail', lead, outcome.message);
    }
    case 'denied':
      return explained(
        'OperationDenied',
        { 'en-US': 'The operation is denied', 'zh-CN': '操作被拒绝' },
        outcome.message,
      );
    case 'invalid': {
      const name = parameters[outcome.field];
      const lead = { 'en-US': `The parameter \`${name}\` is not valid`, 'zh-CN': `参数 \`${name}\` 取值不合法` };
      return explained('InvalidParameterValue', lead, outcome.message);
    }
    default:
      return assertNever(outcome, 'refusal of an action on applications');
  }
}

/** Refusals of CreateApplication. */
export function mapCreateApplication(outcome: FailureOf<CreateApplicationOutcome, 'created'>): MappedFailure {
  switch (outcome.type) {
    case 'application-limit':
      return {
        error: publicError('OperationDenied.ApplicationLimitExceeded', {
          'en-US': `There may be at most ${outcome.maxApplications} of them.`,
          'zh-CN': `数量不能超过 ${outcome.maxApplications}。`,
        }),
      };
    case 'name-taken':
      return {
        error: publicError('FailedOperation.ApplicationCreateFail', {
          'en-US': 'The application could not be created: another one has this name.',
          'zh-CN': '应用创建失败：应用名称已存在。',
        }),
      };
    default:
      return mapApplicationRefusal(outcome);
  }
}

/** Refusals of CreateApplicationVersion. */
export function mapCreateUploadVersion(outcome: FailureOf<CreateUploadVersionOutcome, 'created'>): MappedFailure {
  switch (outcome.type) {
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
    default:
      return mapApplicationRefusal(outcome);
  }
}
