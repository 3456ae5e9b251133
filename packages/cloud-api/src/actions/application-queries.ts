import { Type } from 'typebox';
import { cloudApiLimits } from '../limits.js';
import { defineAction, internationalSite } from './action.js';
import { applicationFileNameField } from './application-actions.js';
import {
  applicationFileInfoField,
  applicationVersionsField,
  userApplicationField,
  userApplicationStatusField,
  userMobileApplicationField,
  versionAdditions,
} from './application-types.js';
import { applicationCodes, existingCodes, lockingCodes } from './error-codes.js';
import {
  applicationIdField,
  categoryField,
  countField,
  filtersField,
  idListField,
  limitField,
  nullable,
  offsetField,
  optionalIdField,
  requestObject,
  responseObject,
  textField,
} from './fields.js';

const common = { group: 'application', kind: 'query', rateLimitPerSecond: 20, serverTimeoutMs: null } as const;

/** Lists applications. */
export const describeApplicationList = defineAction({
  ...common,
  summary: 'Lists applications, newest first',
  request: requestObject({
    Offset: offsetField(),
    Limit: limitField(),
    Filters: Type.Optional(
      filtersField('ApplicationId', 'ApplicationName', 'ApplicationRunStatus', 'ApplicationUpdateStatus'),
    ),
    ApplicationCategory: Type.Optional(categoryField('Category; absent: both')),
  }),
  response: responseObject({
    UserApplicationList: Type.Array(userApplicationField(), { description: 'Desktop applications of the page' }),
    ApplicationTotal: countField('Applications that match, on all pages'),
    UserMobileApplicationList: Type.Array(userMobileApplicationField(), {
      description: 'Mobile applications of the page',
    }),
  }),
  errorCodes: applicationCodes(),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    added: versionAdditions,
    decided: [
      '`Limit` is at most 100; 0 means 20.',
      '`ApplicationName` matches parts of names without regard to case; an unknown filter or status is `InvalidParameterValue`.',
      'Without `ApplicationCategory` both lists are filled from one page.',
    ],
  },
});

/** Lists the programs in a package. */
export const describeApplicationPathList = defineAction({
  ...common,
  summary: 'Lists the programs in a package: PE, ELF, scripts, index.html',
  request: requestObject({
    ApplicationId: applicationIdField(),
    ApplicationVersionId: optionalIdField('Version (ver-…); empty: the one online, else the newest one with a package'),
  }),
  response: responseObject({
    PathList: nullable(Type.Array(textField('Path'), { description: 'Paths of programs inside the package' })),
  }),
  errorCodes: ['FailedOperation.ApplicationNotFind', 'InvalidParameter'],
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'Paths are separated by `/`, as they are in the package; those nearest to its root come first, at most 1,000.',
      'Null while the version has no package.',
      'Not only `.exe` files: every PE and ELF program, scripts and `index.html` pages are listed.',
    ],
  },
});

/** Status of applications. */
export const describeApplicationStatus = defineAction({
  ...common,
  summary: 'Tells run and update status of applications',
  request: requestObject({ ApplicationIdList: idListField('Application ids') }),
  response: responseObject({
    StatusList: Type.Array(userApplicationStatusField(), { description: 'One entry an application' }),
  }),
  errorCodes: applicationCodes(),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: ['Unknown applications are left out of the list.'],
  },
});

/** Versions of an application. */
export const describeApplicationVersion = defineAction({
  ...common,
  summary: 'Lists the versions of an application, newest first',
  request: requestObject({ ApplicationId: applicationIdField() }),
  response: responseObject({ Versions: applicationVersionsField() }),
  errorCodes: existingCodes('AuthFailure'),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    added: versionAdditions,
  },
});

/** Checks paths in a package. */
export const describeApplicationFileInfo = defineAction({
  ...common,
  summary: 'Tells whether paths exist inside the package',
  request: requestObject({
    ApplicationId: applicationIdField(),
    FilePathList: Type.Optional(
      Type.Array(Type.String({ maxLength: 4_096, description: 'Path inside the package' }), {
        maxItems: cloudApiLimits.filePaths,
        description: 'Paths to check',
      }),
    ),
  }),
  response: responseObject({
    FileInfoList: nullable(
      Type.Array(applicationFileInfoField(), { description: 'One entry a path, in the order asked' }),
    ),
  }),
  errorCodes: ['FailedOperation.ApplicationNotFind', 'InvalidParameter'],
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: ['At most 100 paths a call; the package is that of the version online, else of the newest one.'],
  },
});

/** Credentials for an upload. The vendor's spelling: SecretID. */
export const describeCosCredential = defineAction({
  ...common,
  summary: 'Gives temporary credentials and the path for uploading a package',
  request: requestObject({
    ApplicationId: applicationIdField(),
    ApplicationFileName: Type.Optional(applicationFileNameField()),
  }),
  response: responseObject({
    SecretID: Type.String({ description: 'Temporary id' }),
    SecretKey: Type.String({ description: 'Temporary secret' }),
    SessionToken: Type.String({ description: 'Temporary token' }),
    CosBucket: Type.String({ description: 'Bucket' }),
    CosRegion: Type.String({ description: 'Region of the bucket' }),
    Path: Type.String({ description: 'Key of the object to upload' }),
    StartTime: Type.Integer({ description: 'Valid from, Unix seconds' }),
    ExpiredTime: Type.Integer({ description: 'Valid until, Unix seconds' }),
    UploadUrl: Type.String({ description: 'Where the package is uploaded with the credential, by tus' }),
  }),
  errorCodes: lockingCodes('AuthFailure', 'FailedOperation', 'OperationDenied'),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters and fields.',
    added: {
      'response.UploadUrl':
        'Where to upload: the file goes to this installation by the open tus protocol, resumably, instead of to COS.',
    },
    decided: [
      'The credential is good for one file of the version that waits for its package, until `ExpiredTime` (`packages.credentialSeconds`, two hours).',
      'An application without versions gets its first one; when none waits for a package, it is `OperationDenied`.',
    ],
  },
});
