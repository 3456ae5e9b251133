import { invalidParameterValue, type LocalizedText } from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import type {
  BindPackagesOutcome,
  RenamePackageOutcome,
  ResetPackagesOutcome,
  UnbindPackagesOutcome,
} from '../../services/concurrency/contract.js';
import type { FailureOf, MappedFailure } from './failure.js';
import { projectNotFound } from './sessions.js';

/** Refusal of package ids; the ids are the caller's own, so they may be named. */
function packages(parameter: string, ids: readonly string[], reason: LocalizedText): MappedFailure {
  const shown = ids.slice(0, 5).join(', ');
  return {
    error: invalidParameterValue(parameter, {
      'en-US': `${reason['en-US']}: ${shown}.`,
      'zh-CN': `${reason['zh-CN']}：${shown}。`,
    }),
  };
}

const unknown: LocalizedText = { 'en-US': 'names no concurrency package', 'zh-CN': '包含不存在的并发包' };

/** Refusals of BindConcurrentPackagesToProject. */
export function mapBindPackages(outcome: FailureOf<BindPackagesOutcome, 'bound'>): MappedFailure {
  switch (outcome.type) {
    case 'project-not-found':
      return projectNotFound;
    case 'package-not-found':
      return packages('ConcurrentIds', outcome.ids, unknown);
    case 'type-mismatch':
      return packages('ConcurrentIds', outcome.ids, {
        'en-US': `has packages of another type than the project's ${outcome.projectType}`,
        'zh-CN': `包含与项目规格 ${outcome.projectType} 不一致的并发包`,
      });
    case 'package-expired':
      return packages('ConcurrentIds', outcome.ids, { 'en-US': 'has expired packages', 'zh-CN': '包含已过期的并发包' });
    default:
      return assertNever(outcome, 'outcome of BindConcurrentPackagesToProject');
  }
}

/** Refusals of UnbindConcurrentPackagesFromProject. */
export function mapUnbindPackages(outcome: FailureOf<UnbindPackagesOutcome, 'unbound'>): MappedFailure {
  switch (outcome.type) {
    case 'project-not-found':
      return projectNotFound;
    case 'package-not-found':
      return packages('ConcurrentIds', outcome.ids, unknown);
    case 'not-bound':
      return packages('ConcurrentIds', outcome.ids, {
        'en-US': 'has packages that are not bound to the project',
        'zh-CN': '包含未绑定到该项目的并发包',
      });
    default:
      return assertNever(outcome, 'outcome of UnbindConcurrentPackagesFromProject');
  }
}

/** Refusals of ModifyConcurrentPackage. */
export function mapRenamePackage(outcome: FailureOf<RenamePackageOutcome, 'renamed'>): MappedFailure {
  switch (outcome.type) {
    case 'package-not-found':
      return packages('ConcurrentId', outcome.ids, unknown);
    default:
      return assertNever(outcome.type, 'outcome of ModifyConcurrentPackage');
  }
}

/** Refusals of ResetConcurrentPackages. */
export function mapResetPackages(outcome: FailureOf<ResetPackagesOutcome, 'reset'>): MappedFailure {
  switch (outcome.type) {
    case 'package-not-found':
      return packages('ConcurrentPackageIds', outcome.ids, unknown);
    default:
      return assertNever(outcome.type, 'outcome of ResetConcurrentPackages');
  }
}

/** Refusal of a filter that there is not. */
export const unknownFilter = (names: readonly string[]): MappedFailure => ({
  error: invalidParameterValue('Filters', {
    'en-US': `has a name that is none of ${names.join(', ')}.`,
    'zh-CN': `中的名称须为 ${names.join('、')} 之一。`,
  }),
});
