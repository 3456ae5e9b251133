import { explainedError, invalidParameterValue, type PublicError, publicError } from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import type {
  ApplicationLocked,
  CreateApplicationOutcome,
  DeleteApplicationOutcome,
  Denied,
  InvalidInput,
  ModifyBaseInfoOutcome,
  RenameMobileApplicationOutcome,
} from '../../services/applications/contract.js';
import type { FailureOf, MappedFailure } from './failure.js';

/** An ApplicationId that names nothing of the account. */
export const applicationNotFound: MappedFailure = { error: publicError('FailedOperation.ApplicationNotFind') };

/** An ApplicationVersionId that names no version of the application. */
export const versionNotFound: MappedFailure = {
  error: invalidParameterValue('ApplicationVersionId', {
    'en-US': 'names no version of the application.',
    'zh-CN': '对应的应用版本不存在。',
  }),
};

/** The application is being deleted, or something uses it. */
export function applicationLocked({ message }: ApplicationLocked): MappedFailure {
  const lead = { 'en-US': 'The application could not be locked', 'zh-CN': '应用锁定失败' };
  return { error: explainedError('FailedOperation.ApplicationLockFail', lead, message) };
}

/** Sessions run the version. */
export function versionLocked({ message }: { readonly message: string }): MappedFailure {
  const lead = { 'en-US': 'The version could not be locked', 'zh-CN': '版本锁定失败' };
  return { error: explainedError('FailedOperation.VersionLockFail', lead, message) };
}

/** The state of application or version forbids it. */
export function denied({ message }: Denied): MappedFailure {
  const lead = { 'en-US': 'The operation is denied', 'zh-CN': '操作被拒绝' };
  return { error: explainedError('OperationDenied', lead, message) };
}

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

/** A parameter whose value cannot be taken. */
export function invalidInput({ field, message }: InvalidInput): MappedFailure {
  const name = parameters[field];
  const lead = { 'en-US': `The parameter \`${name}\` is not valid`, 'zh-CN': `参数 \`${name}\` 取值不合法` };
  return { error: explainedError('InvalidParameterValue', lead, message) };
}

function tooMany(code: PublicError['code'], max: number): MappedFailure {
  return {
    error: publicError(code, {
      'en-US': `There may be at most ${max} of them.`,
      'zh-CN': `数量不能超过 ${max}。`,
    }),
  };
}

/** Refusals of CreateApplication. */
export function mapCreateApplication(outcome: FailureOf<CreateApplicationOutcome, 'created'>): MappedFailure {
  switch (outcome.type) {
    case 'application-limit':
      return tooMany('OperationDenied.ApplicationLimitExceeded', outcome.maxApplications);
    case 'name-taken':
      return {
        error: publicError('FailedOperation.ApplicationCreateFail', {
          'en-US': 'The application could not be created: another one has this name.',
          'zh-CN': '应用创建失败：应用名称已存在。',
        }),
      };
    case 'invalid':
      return invalidInput(outcome);
    default:
      return assertNever(outcome, 'outcome of CreateApplication');
  }
}

/** Refusals of DeleteApplication. */
export function mapDeleteApplication(outcome: FailureOf<DeleteApplicationOutcome, 'deleted'>): MappedFailure {
  switch (outcome.type) {
    case 'application-not-found':
      return applicationNotFound;
    case 'application-locked':
      return applicationLocked(outcome);
    case 'version-locked':
      return versionLocked(outcome);
    default:
      return assertNever(outcome, 'outcome of DeleteApplication');
  }
}

/** Refusals of ModifyApplicationBaseInfo. */
export function mapModifyBaseInfo(outcome: FailureOf<ModifyBaseInfoOutcome, 'modified'>): MappedFailure {
  switch (outcome.type) {
    case 'application-not-found':
      return applicationNotFound;
    case 'invalid':
      return invalidInput(outcome);
    default:
      return assertNever(outcome, 'outcome of ModifyApplicationBaseInfo');
  }
}

/** Refusals of ModifyMobileApplicationInfo. */
export function mapRenameMobileApplication(
  outcome: FailureOf<RenameMobileApplicationOutcome, 'renamed'>,
): MappedFailure {
  switch (outcome.type) {
    case 'application-not-found':
      return applicationNotFound;
    case 'application-locked':
      return applicationLocked(outcome);
    case 'invalid':
      return invalidInput(outcome);
    default:
      return assertNever(outcome, 'outcome of ModifyMobileApplicationInfo');
  }
}
