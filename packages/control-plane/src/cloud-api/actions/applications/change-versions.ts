import { mapApplicationRefusal, mapCreateUploadVersion } from '../../error-mapping/applications.js';
import type { ActionHandler } from '../handler.js';
import { formatVersion } from './format.js';

/** CreateApplicationVersion: makes a version that waits for its package. */
export const handleCreateApplicationVersion: ActionHandler<'CreateApplicationVersion'> = async (
  { services, caller },
  request,
) => {
  const outcome = await services.createUploadVersion(caller, {
    applicationId: request.ApplicationId,
    fileName: request.ApplicationFileName,
    regions: [...new Set(request.ApplicationVersionRegions ?? [])],
    updateMode: request.ApplicationVersionUpdateMode ?? 'FULL',
  });
  if (outcome.type === 'created') return { type: 'answered', response: { Version: formatVersion(outcome.version) } };
  return { type: 'refused', failure: mapCreateUploadVersion(outcome) };
};

/** DescribeCosCredential: gives a credential for an upload. */
export const handleDescribeCosCredential: ActionHandler<'DescribeCosCredential'> = async (
  { services, caller },
  request,
) => {
  const input = { applicationId: request.ApplicationId, fileName: request.ApplicationFileName ?? '' };
  const outcome = await services.issueUploadCredential(caller, input);
  if (outcome.type !== 'issued') return { type: 'refused', failure: mapApplicationRefusal(outcome) };
  const { credential } = outcome;
  return {
    type: 'answered',
    response: {
      SecretID: credential.secretId,
      SecretKey: credential.secretKey,
      SessionToken: credential.sessionToken,
      CosBucket: credential.bucket,
      CosRegion: credential.region,
      Path: credential.path,
      StartTime: Math.floor(credential.startsAt / 1_000),
      ExpiredTime: Math.floor(credential.expiresAt / 1_000),
      UploadUrl: credential.uploadUrl,
    },
  };
};

/** CreateApplicationSnapshot: has the package unpacked. */
export const handleCreateApplicationSnapshot: ActionHandler<'CreateApplicationSnapshot'> = async (
  { services, caller },
  request,
) => {
  const input = { applicationId: request.ApplicationId, downloadUrl: request.ApplicationDownloadUrl };
  const outcome = await services.createSnapshot(caller, input);
  if (outcome.type === 'accepted') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapApplicationRefusal(outcome) };
};

/** DeleteApplicationVersion: deletes a version that is not online. */
export const handleDeleteApplicationVersion: ActionHandler<'DeleteApplicationVersion'> = async (
  { services, caller },
  request,
) => {
  const key = { applicationId: request.ApplicationId, versionId: request.ApplicationVersionId };
  const outcome = await services.deleteVersion(caller, key);
  if (outcome.type === 'deleted') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapApplicationRefusal(outcome) };
};

/** SetApplicationVersionOnline: puts a version online, or back online. */
export const handleSetApplicationVersionOnline: ActionHandler<'SetApplicationVersionOnline'> = async (
  { services, caller },
  request,
) => {
  const key = { applicationId: request.ApplicationId, versionId: request.ApplicationVersionId };
  const outcome = await services.publishVersion(caller, key);
  if (outcome.type !== 'published') return { type: 'refused', failure: mapApplicationRefusal(outcome) };
  return { type: 'answered', response: { Versions: outcome.versions.map(formatVersion) } };
};

/** ModifyApplicationVersion: renames a version. */
export const handleModifyApplicationVersion: ActionHandler<'ModifyApplicationVersion'> = async (
  { services, caller },
  request,
) => {
  const outcome = await services.renameVersion(caller, {
    applicationId: request.ApplicationId,
    versionId: request.ApplicationVersionId,
    name: request.ApplicationVersionName ?? null,
  });
  if (outcome.type === 'renamed') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapApplicationRefusal(outcome) };
};
