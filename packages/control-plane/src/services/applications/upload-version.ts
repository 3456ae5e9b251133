import { insertVersion, listVersions } from '../../db/application-versions.js';
import type { ApplicationRow, ApplicationVersionRow, Executor } from '../../db/schema.js';
import { decideNewVersion, isRunnableVersion } from '../../domain/version-state.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { accessForChange } from './access.js';
import type { ApplicationServices, Denied, InvalidInput } from './contract.js';
import { archiveNameAdvice, isArchiveName, isMobile, mobileAdvice, versionNameOf } from './package-names.js';

/** Adds a version that waits for its package. The caller has locked the application. */
export function addUploadVersion(
  deps: ServiceDeps,
  tx: Executor,
  version: {
    readonly applicationId: string;
    readonly fileName: string;
    readonly regions: readonly string[];
    readonly updateMode: 'FULL' | 'INCREMENT';
  },
): Promise<ApplicationVersionRow> {
  return insertVersion(tx, {
    ...version,
    id: createId('ver'),
    name: versionNameOf(version.fileName),
    state: 'uploading',
    createdAt: deps.now(),
  });
}

/** Refuses packages of applications that no node can run, and files that nobody can unpack; null when neither is so. */
export function refusePackage(application: ApplicationRow, fileName: string): Denied | InvalidInput | null {
  if (isMobile(application.kind)) return { type: 'denied', message: mobileAdvice };
  if (fileName === '' || isArchiveName(fileName)) return null;
  return { type: 'invalid', field: 'fileName', message: archiveNameAdvice };
}

/** Creates the use case. */
export function createCreateUploadVersion(deps: ServiceDeps): ApplicationServices['createUploadVersion'] {
  const { maxVersions } = deps.settings.applications;
  return (caller, input) =>
    deps.database.transaction(async (tx) => {
      const access = await accessForChange(tx, caller, input.applicationId);
      if (access.type !== 'granted') return access;
      const refusal = refusePackage(access.application, input.fileName);
      if (refusal !== null) return refusal;
      const versions = await listVersions(tx, access.application.id);
      const decision = decideNewVersion(
        versions.map((version) => version.state),
        maxVersions,
      );
      if (decision.type === 'limit') return { type: 'version-limit', maxVersions };
      if (decision.type === 'pending') {
        const pending = versions.find((version) => version.state === decision.state);
        return { type: 'version-pending', versionId: pending?.id ?? '', state: decision.state };
      }
      if (input.updateMode === 'INCREMENT' && !versions.some((version) => isRunnableVersion(version.state))) {
        const message = 'there is no version that an incremental update could be laid over; use FULL';
        return { type: 'invalid', field: 'updateMode', message };
      }
      return { type: 'created', version: await addUploadVersion(deps, tx, input) };
    });
}

/** The version that a package is for: uploads name the application only. */
export type Target = { readonly type: 'target'; readonly version: ApplicationVersionRow } | Denied;

/**
 * Finds the version that waits for its package, or whose package could not be unpacked; the first version of an application
 * is made. The caller has locked the application.
 */
export async function targetVersion(
  deps: ServiceDeps,
  tx: Executor,
  application: ApplicationRow,
  fileName: string,
): Promise<Target> {
  const versions = await listVersions(tx, application.id);
  const version = versions.find(({ state }) => state === 'uploading' || state === 'create-failed');
  if (version !== undefined) return { type: 'target', version };
  const creating = versions.find(({ state }) => state === 'creating');
  if (creating !== undefined) {
    return { type: 'denied', message: `version ${creating.id} is being created; wait until it is ready` };
  }
  if (versions.some(({ state }) => state !== 'deleting')) {
    return { type: 'denied', message: 'no version waits for a package; call CreateApplicationVersion first' };
  }
  const added = { applicationId: application.id, fileName, regions: [], updateMode: 'FULL' } as const;
  return { type: 'target', version: await addUploadVersion(deps, tx, added) };
}
