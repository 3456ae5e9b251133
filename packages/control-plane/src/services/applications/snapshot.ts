import { updateVersion } from '../../db/application-versions.js';
import type { ApplicationVersionRow } from '../../db/schema.js';
import { transitionVersion } from '../../domain/version-state.js';
import type { ServiceDeps } from '../deps.js';
import { accessForChange } from './access.js';
import type { ApplicationServices, InvalidInput } from './contract.js';
import type { IngestWorker } from './ingest-worker.js';
import { fileNameOfUrl, versionNameOf } from './package-names.js';
import type { PackageSource } from './package-source.js';
import { refusePackage, targetVersion } from './upload-version.js';

/** Creates the use case. */
export function createIssueUploadCredential(
  deps: ServiceDeps,
  source: PackageSource,
): ApplicationServices['issueUploadCredential'] {
  return async (caller, { applicationId, fileName }) => {
    const found = await deps.database.transaction(async (tx) => {
      const access = await accessForChange(tx, caller, applicationId);
      if (access.type !== 'granted') return access;
      const refusal = refusePackage(access.application, fileName);
      if (refusal !== null) return refusal;
      const target = await targetVersion(deps, tx, access.application, fileName);
      if (target.type === 'target') await rename(tx, target.version, fileName);
      return target;
    });
    if (found.type !== 'target') return found;
    const { version } = found;
    const credential = await source.issueCredential({
      accountId: caller.accountId,
      applicationId,
      versionId: version.id,
      fileName: fileName === '' ? version.fileName : fileName,
    });
    return { type: 'issued', credential };
  };
}

/** The last file name that was told is the one that is shown; a version without a name is called after it. */
async function rename(
  tx: Parameters<typeof updateVersion>[0],
  version: ApplicationVersionRow,
  fileName: string,
): Promise<void> {
  if (fileName === '' || fileName === version.fileName) return;
  const name = version.name === '' ? versionNameOf(fileName) : version.name;
  await updateVersion(tx, version.id, { fileName, name });
}

/** Creates the use case. */
export function createCreateSnapshot(
  deps: ServiceDeps,
  source: PackageSource,
  worker: IngestWorker,
): ApplicationServices['createSnapshot'] {
  return async (caller, { applicationId, downloadUrl }) => {
    const invalidUrl = checkUrl(downloadUrl);
    if (invalidUrl !== null) return invalidUrl;
    const fileName = fileNameOfUrl(downloadUrl);
    const found = await deps.database.transaction(async (tx) => {
      const access = await accessForChange(tx, caller, applicationId);
      if (access.type !== 'granted') return access;
      const refusal = refusePackage(access.application, '');
      return refusal ?? (await targetVersion(deps, tx, access.application, fileName));
    });
    if (found.type !== 'target') return found;
    const { version } = found;
    if (downloadUrl === '' && (await source.findUpload(version.id)) === null) {
      const message = 'no package has been uploaded completely; upload it with DescribeCosCredential or give a URL';
      return { type: 'denied', message };
    }
    // Between the two, the version may have been deleted or a second call may have been faster.
    const accepted = await deps.database.transaction(async (tx) => {
      const access = await accessForChange(tx, caller, applicationId);
      if (access.type !== 'granted') return access;
      const target = await targetVersion(deps, tx, access.application, fileName);
      if (target.type !== 'target') return target;
      const state = transitionVersion(target.version.state, 'snapshot');
      if (state === null || target.version.id !== version.id) {
        return { type: 'denied' as const, message: 'another call has changed the version; look at it and try again' };
      }
      if (downloadUrl !== '') await rename(tx, target.version, fileName);
      await updateVersion(tx, version.id, {
        state,
        sourceUrl: downloadUrl === '' ? null : downloadUrl,
        failure: null,
        progressPercent: 0,
        attempts: 0,
        leaseOwner: null,
        leaseUntil: null,
      });
      return { type: 'accepted' as const, versionId: version.id };
    });
    if (accepted.type === 'accepted') worker.wake();
    return accepted;
  };
}

function checkUrl(url: string): InvalidInput | null {
  if (url === '' || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) return null;
  return { type: 'invalid', field: 'downloadUrl', message: 'the URL must begin with https:// or http://' };
}
