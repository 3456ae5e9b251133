import { mapApplicationRefusal, mapCreateApplication } from '../../error-mapping/applications.js';
import type { ActionHandler } from '../handler.js';

/** CreateApplication: makes the record. */
export const handleCreateApplication: ActionHandler<'CreateApplication'> = async ({ services, caller }, request) => {
  const input = { name: request.ApplicationName, kind: request.ApplicationType };
  const outcome = await services.createApplicationRecord(caller, input);
  if (outcome.type === 'created') return { type: 'answered', response: { ApplicationId: outcome.applicationId } };
  return { type: 'refused', failure: mapCreateApplication(outcome) };
};

/** DeleteApplication: deletes an application that nothing uses. */
export const handleDeleteApplication: ActionHandler<'DeleteApplication'> = async ({ services, caller }, request) => {
  const outcome = await services.deleteApplication(caller, { applicationId: request.ApplicationId });
  if (outcome.type === 'deleted') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapApplicationRefusal(outcome) };
};

/** ModifyApplicationBaseInfo: sets what is run. */
export const handleModifyApplicationBaseInfo: ActionHandler<'ModifyApplicationBaseInfo'> = async (
  { services, caller },
  request,
) => {
  const info = request.ApplicationBaseInfo;
  const outcome = await services.modifyBaseInfo(caller, {
    applicationId: request.ApplicationId,
    entryPath: request.ApplicationExePath,
    processNames: request.ApplicationInterList.split('|')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    window: {
      use: info.WindowUseType === 'ApplicationWindow' ? 'window' : 'desktop',
      name: info.WindowName ?? '',
      className: info.WindowClassName ?? '',
      captureMode: info.WindowCaptureMode ?? 'HOOK',
    },
    parameters: request.ApplicationParams ?? null,
    name: request.ApplicationName ?? null,
    stores:
      request.ApplicationStores?.map((store) => ({
        bucket: store.CosBucket,
        region: store.CosRegion,
        type: store.StoreType,
        path: store.StorePath,
        enabled: store.StoreState === 'ON',
      })) ?? null,
  });
  if (outcome.type === 'modified') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapApplicationRefusal(outcome) };
};

/** ModifyMobileApplicationInfo: renames a mobile application. */
export const handleModifyMobileApplicationInfo: ActionHandler<'ModifyMobileApplicationInfo'> = async (
  { services, caller },
  request,
) => {
  const input = { applicationId: request.ApplicationId, name: request.ApplicationName };
  const outcome = await services.renameMobileApplication(caller, input);
  if (outcome.type === 'renamed') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapApplicationRefusal(outcome) };
};
