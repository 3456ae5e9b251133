import { Type } from 'typebox';
import { defineAction, internationalSite } from './action.js';
import {
  applicationBaseInfoField,
  applicationStoreField,
  applicationVersionField,
  applicationVersionsField,
  updateModeField,
  versionAdditions,
} from './application-types.js';
import { applicationCodes, existingCodes, lockingCodes } from './error-codes.js';
import {
  applicationIdField,
  argumentsField,
  enumField,
  nameField,
  regionField,
  requestObject,
  responseObject,
  textField,
  versionIdField,
} from './fields.js';

const common = { group: 'application', kind: 'mutate', rateLimitPerSecond: 20, serverTimeoutMs: null } as const;

/** Name of an uploaded file; its ending says which archive it is. */
export const applicationFileNameField = () =>
  Type.String({
    minLength: 1,
    maxLength: 255,
    description: 'Package file name: zip, rar, 7z, tar.gz, tar.zst; apk for mobile',
  });

/** Kinds of applications that can be made. */
export const applicationTypes = ['Application3D', 'ApplicationXR', 'ApplicationAPK', 'ApplicationWeb'] as const;

/** Makes the record of an application. */
export const createApplication = defineAction({
  ...common,
  summary: 'Creates an application',
  request: requestObject({
    ApplicationName: nameField('Application name, unique in the account'),
    ApplicationType: enumField('Kind of application', ...applicationTypes),
  }),
  response: responseObject({ ApplicationId: textField('Application (app-…)') }),
  errorCodes: applicationCodes(
    'AuthFailure',
    'FailedOperation.ApplicationCreateFail',
    'OperationDenied.ApplicationLimitExceeded',
  ),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    added: {
      'request.ApplicationType=ApplicationWeb':
        'A web page as the program: the published lists have it in answers only.',
    },
    decided: [
      'Names are unique in the account; a second application of a name is `FailedOperation.ApplicationCreateFail`.',
      'An account has at most `applications.maxApplications` (500) applications (`OperationDenied.ApplicationLimitExceeded`).',
    ],
  },
});

/** Makes a version into which a package is uploaded. */
export const createApplicationVersion = defineAction({
  ...common,
  summary: 'Creates a version into which a package is uploaded',
  request: requestObject({
    ApplicationId: applicationIdField(),
    ApplicationFileName: applicationFileNameField(),
    ApplicationVersionRegions: Type.Optional(
      Type.Array(regionField(), { maxItems: 32, description: 'Regions the version is distributed to; empty: all' }),
    ),
    ApplicationVersionUpdateMode: Type.Optional(updateModeField()),
  }),
  response: responseObject({ Version: applicationVersionField() }),
  errorCodes: lockingCodes(
    'OperationDenied',
    'OperationDenied.VersionCreating',
    'OperationDenied.VersionLimitExceeded',
  ),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    added: versionAdditions,
    decided: [
      'Any of `zip`, `rar`, `7z` and `tar` (plain, `gz`, `zst`, `xz`, `bz2`) is taken for desktop applications; the vendor lists the first three.',
      'No regions means all regions of the installation, and so do regions in which it has no node. Nodes of the regions fetch the version when it goes online.',
      'One version at a time is on its way to going online: while there is one that is `Uploading`, `Creating`, `CreateFailed` or `Normal`, another one is `OperationDenied.VersionCreating`.',
      'An application has at most `applications.maxVersions` (5) versions (`OperationDenied.VersionLimitExceeded`).',
      '`INCREMENT` without a version to build on is `InvalidParameterValue`.',
      'Mobile applications take no packages (`OperationDenied`): render nodes have no Android.',
    ],
  },
});

/** Has the uploaded package unpacked. */
export const createApplicationSnapshot = defineAction({
  ...common,
  summary: 'Unpacks the uploaded package, or one that is fetched from a URL, into the version',
  request: requestObject({
    ApplicationId: applicationIdField(),
    ApplicationDownloadUrl: Type.String({
      maxLength: 2_048,
      description: 'Where to fetch the package; empty when it was uploaded with the credential',
    }),
  }),
  response: responseObject({}),
  errorCodes: lockingCodes('AuthFailure', 'FailedOperation', 'OperationDenied'),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'The version that waits for its package is meant, else the one that failed, which is tried again; an application without versions gets its first one.',
      'It starts the work and answers at once; progress and result are in `DescribeApplicationStatus` and `DescribeApplicationVersion`.',
      'A URL of another scheme than http and https is `InvalidParameterValue`. Its schemes are narrowed by `packages.urlSchemes`, private addresses are fetched from with `packages.allowPrivateUrls` only, and each redirect is checked again; what these refuse makes the version `CreateFailed`.',
    ],
  },
});

/** Deletes an application with its versions. */
export const deleteApplication = defineAction({
  ...common,
  summary: 'Deletes an application and its versions',
  request: requestObject({ ApplicationId: applicationIdField() }),
  response: responseObject({}),
  errorCodes: lockingCodes('AuthFailure', 'FailedOperation.VersionLockFail'),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'An application that a project runs is `FailedOperation.ApplicationLockFail`, one that sessions run `FailedOperation.VersionLockFail`.',
      'It is shown as `ApplicationDeleting` until nothing needs its packages any more; its name is free at once.',
    ],
  },
});

/** Deletes one version. */
export const deleteApplicationVersion = defineAction({
  ...common,
  summary: 'Deletes a version that is not online',
  request: requestObject({ ApplicationId: applicationIdField(), ApplicationVersionId: versionIdField() }),
  response: responseObject({}),
  errorCodes: lockingCodes('AuthFailure', 'FailedOperation.VersionLockFail', 'OperationDenied'),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'The version that is online cannot be deleted (`OperationDenied`), one that sessions run neither (`FailedOperation.VersionLockFail`).',
    ],
  },
});

/** Sets what is run and how its picture is taken. */
export const modifyApplicationBaseInfo = defineAction({
  ...common,
  summary: 'Sets program, arguments, processes, window capture and stores of a desktop application',
  request: requestObject({
    ApplicationId: applicationIdField(),
    ApplicationExePath: Type.String({ minLength: 1, maxLength: 4_096, description: 'Program inside the package' }),
    ApplicationInterList: Type.String({ maxLength: 4_096, description: 'Process names, joined by |' }),
    ApplicationBaseInfo: applicationBaseInfoField(),
    ApplicationParams: Type.Optional(argumentsField()),
    ApplicationName: Type.Optional(nameField('Application name')),
    ApplicationStores: Type.Optional(
      Type.Array(applicationStoreField(), { maxItems: 8, description: 'Stores of log files and saved games' }),
    ),
  }),
  response: responseObject({}),
  errorCodes: existingCodes('AuthFailure'),
  compatibility: {
    sites: internationalSite,
    honoured:
      'All parameters but `WindowCaptureMode`, which is kept and shown (there is one way to capture a window), and stores: `StoreState` `ON` is `InvalidParameterValue`, since an installation has no customer buckets.',
    decided: [
      'What is not given stays as it is.',
      'The program must be in the package of the version that is online, else of the newest one, and must be one that nodes can run, a Linux program; `/` and `\\` both separate. While the application has no package, it is not looked for.',
      'Process names match whatever the case and with or without `.exe`; the session ends with the last process of these names, and with its exit code.',
      'Title and class of the window must match exactly; while no window does, the whole desktop is shown.',
      'The first version of an application goes online by itself as soon as its program is chosen.',
    ],
  },
});

/** Renames a version. */
export const modifyApplicationVersion = defineAction({
  ...common,
  summary: 'Renames a version',
  request: requestObject({
    ApplicationId: applicationIdField(),
    ApplicationVersionId: versionIdField(),
    ApplicationVersionName: Type.Optional(nameField('Version name')),
  }),
  response: responseObject({}),
  errorCodes: lockingCodes('OperationDenied'),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
  },
});

/** Renames a mobile application. */
export const modifyMobileApplicationInfo = defineAction({
  ...common,
  summary: 'Renames a mobile application',
  request: requestObject({ ApplicationId: applicationIdField(), ApplicationName: nameField('Application name') }),
  response: responseObject({}),
  errorCodes: lockingCodes('AuthFailure'),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: ['It renames mobile applications only; a desktop application is `InvalidParameterValue`.'],
  },
});

/** Puts a version online. */
export const setApplicationVersionOnline = defineAction({
  ...common,
  summary: 'Puts a version online; the former one stays usable, so that the same call rolls back',
  request: requestObject({ ApplicationId: applicationIdField(), ApplicationVersionId: versionIdField() }),
  response: responseObject({ Versions: applicationVersionsField() }),
  errorCodes: lockingCodes('AuthFailure', 'OperationDenied'),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    added: versionAdditions,
    decided: [
      'A version whose package does not have the program of the application is `OperationDenied`.',
      'Running sessions keep their version; new ones get the one that is online.',
      'The former version becomes `Usable`: the same call with its id rolls back.',
    ],
  },
});
