import { hasLiveSessions, listVersions, lockVersion, updateVersion } from '../../db/application-versions.js';
import { isUsedByProjects, lockApplicationForDeletion, updateApplication } from '../../db/applications.js';
import type { ApplicationVersionRow, Executor } from '../../db/schema.js';
import { transitionVersion, type VersionEvent } from '../../domain/version-state.js';
import type { ServiceDeps } from '../deps.js';
import { accessForChange, applicationNotFound } from './access.js';
import type { ApplicationServices, Denied } from './contract.js';
import { applicationLimits } from './limits.js';

/** Begins the deletion of a version; false when its state forbids it. What it holds is freed by the sweep. */
async function beginDeletion(
  deps: ServiceDeps,
  tx: Executor,
  version: ApplicationVersionRow,
  event: Extract<VersionEvent, 'delete' | 'application-deleted'>,
): Promise<boolean> {
  const state = transitionVersion(version.state, event);
  if (state === null) return false;
  if (state === version.state) return true;
  const leaseUntil = deps.now() + applicationLimits.deletionDelayMs;
  await updateVersion(tx, version.id, { state, leaseUntil, leaseOwner: null, sourceUrl: null });
  return true;
}

/** Creates the use case. */
export function createDeleteApplication(deps: ServiceDeps): ApplicationServices['deleteApplication'] {
  return (caller, { applicationId }) =>
    deps.database.transaction(async (tx) => {
      const application = await lockApplicationForDeletion(tx, applicationId);
      const isOwn = application?.accountId === caller.accountId;
      if (!isOwn || application.state === 'deleted') return applicationNotFound;
      if (application.state === 'deleting') return { type: 'deleted' };
      if (await isUsedByProjects(tx, applicationId)) {
        return { type: 'application-locked', message: 'a project runs the application; delete the project first' };
      }
      const versions = await listVersions(tx, applicationId);
      for (const version of versions) await lockVersion(tx, version.id);
      if (await hasLiveSessions(tx, { applicationId })) {
        return { type: 'version-locked', message: 'sessions run the application; end them first' };
      }
      for (const version of versions) await beginDeletion(deps, tx, version, 'application-deleted');
      await updateApplication(tx, applicationId, { state: 'deleting' });
      return { type: 'deleted' };
    });
}

const online: Denied = { type: 'denied', message: 'the version is online; put another one online first' };

/** Creates the use case. */
export function createDeleteVersion(deps: ServiceDeps): ApplicationServices['deleteVersion'] {
  return (caller, { applicationId, versionId }) =>
    deps.database.transaction(async (tx) => {
      const access = await accessForChange(tx, caller, applicationId);
      if (access.type !== 'granted') return access;
      const version = await lockVersion(tx, versionId);
      if (version === null || version.applicationId !== applicationId || version.state === 'deleted') {
        return { type: 'version-not-found' };
      }
      if (version.state === 'in-use') return online;
      if (await hasLiveSessions(tx, { versionId })) {
        return { type: 'version-locked', message: 'sessions run the version; wait until they have ended' };
      }
      return (await beginDeletion(deps, tx, version, 'delete')) ? { type: 'deleted' } : online;
    });
}
