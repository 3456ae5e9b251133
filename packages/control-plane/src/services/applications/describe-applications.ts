import { assertNever } from '@cloudstage/protocol';
import { type ApplicationFilter, type ApplicationStatus, pageApplications } from '../../db/application-list.js';
import { listVersions, listVersionsOf, updateVersion } from '../../db/application-versions.js';
import { listApplicationsById } from '../../db/applications.js';
import type { ApplicationKind } from '../../db/schema.js';
import type { ServiceDeps } from '../deps.js';
import { accessApplication, accessForChange } from './access.js';
import { loadChosenPackage } from './base-info.js';
import type { ApplicationServices, ApplicationSummary, ListApplicationsInput } from './contract.js';
import { applicationLimits } from './limits.js';
import type { LoadPackageIndex } from './package-index.js';
import { isMobile } from './package-names.js';

const kinds: readonly ApplicationKind[] = ['Application3D', 'ApplicationXR', 'ApplicationWeb', 'ApplicationAPK'];

/** Kinds of a category; null: all. */
function kindsOf(category: ListApplicationsInput['category']): readonly ApplicationKind[] | null {
  if (category === '') return null;
  return kinds.filter((kind) => isMobile(kind) === (category === 'MOBILE'));
}

const anyKey = (accountId: string): ApplicationFilter => ({
  accountId,
  kinds: null,
  ids: null,
  nameParts: [],
  runStatuses: null,
  updateStatuses: null,
});

/** Both conditions must hold. */
function both(earlier: readonly string[] | null, values: readonly string[]): readonly string[] {
  return earlier === null ? values : earlier.filter((value) => values.includes(value));
}

function toFilter(accountId: string, { category, filters }: ListApplicationsInput): ApplicationFilter {
  let result: ApplicationFilter = { ...anyKey(accountId), kinds: kindsOf(category) };
  for (const { field, values } of filters) {
    switch (field) {
      case 'id':
        result = { ...result, ids: both(result.ids, values) };
        break;
      case 'name':
        result = { ...result, nameParts: [...result.nameParts, values] };
        break;
      case 'runStatus':
        result = { ...result, runStatuses: both(result.runStatuses, values) };
        break;
      case 'updateStatus':
        result = { ...result, updateStatuses: both(result.updateStatuses, values) };
        break;
      default:
        assertNever(field, 'field of a condition');
    }
  }
  return result;
}

/** Creates the use case: four statements, whatever the length of the page. */
export function createListApplications(deps: ServiceDeps): ApplicationServices['listApplications'] {
  const { executor } = deps.database;
  return async ({ accountId }, input) => {
    const filter = toFilter(accountId, input);
    const page = { offset: input.offset, limit: input.limit === 0 ? applicationLimits.defaultPageRows : input.limit };
    const { total, statuses } = await pageApplications(executor, filter, page);
    const ids = statuses.map((status) => status.applicationId);
    const found = ids.length === 0 ? [] : await listApplicationsById(executor, accountId, ids);
    const applications = new Map(found.map((application) => [application.id, application]));
    const versions = await listVersionsOf(executor, ids);
    const summaries = statuses.flatMap((status): ApplicationSummary[] => {
      const application = applications.get(status.applicationId);
      if (application === undefined) return [];
      return [
        { application, status, versions: versions.filter((version) => version.applicationId === application.id) },
      ];
    });
    return { total, applications: summaries };
  };
}

/** Creates the use case. */
export function createDescribeApplicationStatus(deps: ServiceDeps): ApplicationServices['describeApplicationStatus'] {
  return async ({ accountId }, { applicationIds }) => {
    const filter = { ...anyKey(accountId), ids: applicationIds };
    const page = { offset: 0, limit: applicationIds.length };
    const { statuses } = await pageApplications(deps.database.executor, filter, page);
    const found = new Map(statuses.map((status) => [status.applicationId, status]));
    return applicationIds.flatMap((id): ApplicationStatus[] => {
      const status = found.get(id);
      return status === undefined ? [] : [status];
    });
  };
}

/** Creates the use case. */
export function createListApplicationVersions(deps: ServiceDeps): ApplicationServices['listApplicationVersions'] {
  const { executor } = deps.database;
  return async (caller, { applicationId }) => {
    const access = await accessApplication(executor, caller, applicationId);
    if (access.type !== 'granted') return access;
    return { type: 'listed', versions: await listVersions(executor, applicationId) };
  };
}

/** Creates the use case. */
export function createRenameVersion(deps: ServiceDeps): ApplicationServices['renameVersion'] {
  return (caller, { applicationId, versionId, name }) =>
    deps.database.transaction(async (tx) => {
      const access = await accessForChange(tx, caller, applicationId);
      if (access.type !== 'granted') return access;
      const version = (await listVersions(tx, applicationId)).find(({ id }) => id === versionId);
      if (version === undefined) return { type: 'version-not-found' };
      if (version.state === 'deleting') return { type: 'denied', message: 'the version is being deleted' };
      if (name !== null) await updateVersion(tx, versionId, { name });
      return { type: 'renamed' };
    });
}

/** Creates the use case. */
export function createListPrograms(
  deps: ServiceDeps,
  loadIndex: LoadPackageIndex,
): ApplicationServices['listPrograms'] {
  const { executor } = deps.database;
  return async (caller, { applicationId, versionId }) => {
    const access = await accessApplication(executor, caller, applicationId);
    if (access.type !== 'granted') return access;
    if (versionId === '') {
      const index = await loadChosenPackage(deps, loadIndex, applicationId);
      return { type: 'listed', paths: index?.programs ?? null };
    }
    const version = (await listVersions(executor, applicationId)).find(({ id }) => id === versionId);
    if (version === undefined) return { type: 'version-not-found' };
    const { manifestSha256 } = version;
    return { type: 'listed', paths: manifestSha256 === null ? null : (await loadIndex(manifestSha256)).programs };
  };
}

/** Creates the use case. */
export function createCheckPackageFiles(
  deps: ServiceDeps,
  loadIndex: LoadPackageIndex,
): ApplicationServices['checkPackageFiles'] {
  return async (caller, { applicationId, paths }) => {
    const access = await accessApplication(deps.database.executor, caller, applicationId);
    if (access.type !== 'granted') return access;
    const index = paths.length === 0 ? null : await loadChosenPackage(deps, loadIndex, applicationId);
    return { type: 'checked', files: paths.map((path) => ({ path, exists: index?.has(path) ?? false })) };
  };
}
