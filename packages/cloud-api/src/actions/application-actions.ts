import { Type } from 'typebox';
import { defineAction } from './action.js';
import {
  applicationBaseInfoField,
  applicationStoreField,
  applicationVersionField,
  updateModeField,
} from './application-types.js';
import { argumentsField, enumField, idField, nameField, regionField, requestObject, responseObject } from './fields.js';

const common = { group: 'application', kind: 'mutate', rateLimitPerSecond: 20, serverTimeoutMs: null } as const;

/** Name of an uploaded file; its ending says which archive it is. */
export const applicationFileNameField = () =>
  Type.String({
    minLength: 1,
    maxLength: 255,
    description: 'Package file name: zip, rar, 7z, tar.gz, tar.zst; apk for mobile',
  });

/** Makes the record of an application. */
export const createApplication = defineAction({
  ...common,
  summary: 'Creates an application',
  request: requestObject({
    ApplicationName: nameField('Application name, unique in the account'),
    ApplicationType: enumField('Application3D', 'ApplicationXR', 'ApplicationAPK', 'ApplicationWeb'),
  }),
  response: responseObject({ ApplicationId: Type.String({ description: 'Application id (app-…)' }) }),
  errorCodes: [
    'AuthFailure',
    'FailedOperation.ApplicationCreateFail',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
    'OperationDenied.ApplicationLimitExceeded',
  ],
});

/** Makes a version into which a package is uploaded. */
export const createApplicationVersion = defineAction({
  ...common,
  summary: 'Creates a version into which a package is uploaded',
  request: requestObject({
    ApplicationId: idField(),
    ApplicationFileName: applicationFileNameField(),
    ApplicationVersionRegions: Type.Optional(
      Type.Array(regionField(), { maxItems: 32, description: 'Regions the version is distributed to; empty: all' }),
    ),
    ApplicationVersionUpdateMode: Type.Optional(updateModeField()),
  }),
  response: responseObject({ Version: applicationVersionField() }),
  errorCodes: [
    'FailedOperation.ApplicationLockFail',
    'FailedOperation.ApplicationNotFind',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
    'OperationDenied',
    'OperationDenied.VersionCreating',
    'OperationDenied.VersionLimitExceeded',
  ],
});

/** Has the uploaded package unpacked. */
export const createApplicationSnapshot = defineAction({
  ...common,
  summary: 'Unpacks the uploaded package, or one that is fetched from a URL, into the version',
  request: requestObject({
    ApplicationId: idField(),
    ApplicationDownloadUrl: Type.String({
      maxLength: 2_048,
      description: 'Where to fetch the package; empty when it was uploaded with the credential',
    }),
  }),
  response: responseObject({}),
  errorCodes: [
    'AuthFailure',
    'FailedOperation',
    'FailedOperation.ApplicationLockFail',
    'FailedOperation.ApplicationNotFind',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
    'OperationDenied',
  ],
});

/** Deletes an application with its versions. */
export const deleteApplication = defineAction({
  ...common,
  summary: 'Deletes an application and its versions',
  request: requestObject({ ApplicationId: idField() }),
  response: responseObject({}),
  errorCodes: [
    'AuthFailure',
    'FailedOperation.ApplicationLockFail',
    'FailedOperation.ApplicationNotFind',
    'FailedOperation.VersionLockFail',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
  ],
});

/** Deletes one version. */
export const deleteApplicationVersion = defineAction({
  ...common,
  summary: 'Deletes a version that is not online',
  request: requestObject({ ApplicationId: idField(), ApplicationVersionId: idField() }),
  response: responseObject({}),
  errorCodes: [
    'AuthFailure',
    'FailedOperation.ApplicationLockFail',
    'FailedOperation.ApplicationNotFind',
    'FailedOperation.VersionLockFail',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
    'OperationDenied',
  ],
});

/** Sets what is run and how its picture is taken. */
export const modifyApplicationBaseInfo = defineAction({
  ...common,
  summary: 'Sets program, arguments, processes, window capture and stores of a desktop application',
  request: requestObject({
    ApplicationId: idField(),
    ApplicationExePath: Type.String({ minLength: 1, maxLength: 4_096, description: 'Program inside the package' }),
    ApplicationInterList: Type.String({ maxLength: 4_096, description: 'Process names, joined by |' }),
    ApplicationBaseInfo: applicationBaseInfoField(),
    ApplicationParams: Type.Optional(argumentsField()),
    ApplicationName: Type.Optional(nameField('Application name')),
    ApplicationStores: Type.Optional(Type.Array(applicationStoreField(), { maxItems: 8 })),
  }),
  response: responseObject({}),
  errorCodes: [
    'AuthFailure',
    'FailedOperation.ApplicationNotFind',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
  ],
});

/** Renames a version. */
export const modifyApplicationVersion = defineAction({
  ...common,
  summary: 'Renames a version',
  request: requestObject({
    ApplicationId: idField(),
    ApplicationVersionId: idField(),
    ApplicationVersionName: Type.Optional(nameField('Version name')),
  }),
  response: responseObject({}),
  errorCodes: [
    'FailedOperation.ApplicationLockFail',
    'FailedOperation.ApplicationNotFind',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
    'OperationDenied',
  ],
});

/** Renames a mobile application. */
export const modifyMobileApplicationInfo = defineAction({
  ...common,
  summary: 'Renames a mobile application',
  request: requestObject({ ApplicationId: idField(), ApplicationName: nameField('Application name') }),
  response: responseObject({}),
  errorCodes: [
    'AuthFailure',
    'FailedOperation.ApplicationLockFail',
    'FailedOperation.ApplicationNotFind',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
  ],
});

/** Puts a version online. */
export const setApplicationVersionOnline = defineAction({
  ...common,
  summary: 'Puts a version online; the former one stays usable, so that the same call rolls back',
  request: requestObject({ ApplicationId: idField(), ApplicationVersionId: idField() }),
  response: responseObject({ Versions: Type.Array(applicationVersionField()) }),
  errorCodes: [
    'AuthFailure',
    'FailedOperation.ApplicationLockFail',
    'FailedOperation.ApplicationNotFind',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
    'OperationDenied',
  ],
});
