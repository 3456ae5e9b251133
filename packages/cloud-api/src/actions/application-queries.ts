import { Type } from 'typebox';
import { cloudApiLimits } from '../limits.js';
import { defineAction } from './action.js';
import { applicationFileNameField } from './application-actions.js';
import {
  applicationFileInfoField,
  applicationVersionField,
  userApplicationField,
  userApplicationStatusField,
  userMobileApplicationField,
} from './application-types.js';
import {
  countField,
  enumField,
  filtersField,
  idField,
  idListField,
  limitField,
  nullable,
  offsetField,
  optionalIdField,
  requestObject,
  responseObject,
} from './fields.js';

const common = { group: 'application', kind: 'query', rateLimitPerSecond: 20, serverTimeoutMs: null } as const;

/** Lists applications. */
export const describeApplicationList = defineAction({
  ...common,
  summary: 'Lists applications, newest first',
  request: requestObject({
    Offset: offsetField(),
    Limit: limitField(),
    /** Names: ApplicationId, ApplicationName, ApplicationRunStatus, ApplicationUpdateStatus. */
    Filters: Type.Optional(filtersField()),
    ApplicationCategory: Type.Optional(enumField('DESKTOP', 'MOBILE')),
  }),
  response: responseObject({
    UserApplicationList: Type.Array(userApplicationField()),
    ApplicationTotal: countField(),
    UserMobileApplicationList: Type.Array(userMobileApplicationField()),
  }),
  errorCodes: ['InternalError', 'InvalidParameter', 'InvalidParameterValue'],
});

/** Lists the programs in a package. */
export const describeApplicationPathList = defineAction({
  ...common,
  summary: 'Lists the programs in a package: PE, ELF, scripts, index.html',
  request: requestObject({ ApplicationId: idField(), ApplicationVersionId: optionalIdField() }),
  response: responseObject({ PathList: nullable(Type.Array(Type.String())) }),
  errorCodes: ['FailedOperation.ApplicationNotFind', 'InvalidParameter'],
});

/** Status of applications. */
export const describeApplicationStatus = defineAction({
  ...common,
  summary: 'Tells run and update status of applications',
  request: requestObject({ ApplicationIdList: idListField('Application ids') }),
  response: responseObject({ StatusList: Type.Array(userApplicationStatusField()) }),
  errorCodes: ['InternalError', 'InvalidParameter', 'InvalidParameterValue'],
});

/** Versions of an application. */
export const describeApplicationVersion = defineAction({
  ...common,
  summary: 'Lists the versions of an application, newest first',
  request: requestObject({ ApplicationId: idField() }),
  response: responseObject({ Versions: Type.Array(applicationVersionField()) }),
  errorCodes: [
    'AuthFailure',
    'FailedOperation.ApplicationNotFind',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
  ],
});

/** Checks paths in a package. */
export const describeApplicationFileInfo = defineAction({
  ...common,
  summary: 'Tells whether paths exist inside the package',
  request: requestObject({
    ApplicationId: idField(),
    FilePathList: Type.Optional(
      Type.Array(Type.String({ maxLength: 4_096 }), {
        maxItems: cloudApiLimits.filePaths,
        description: 'Paths to check',
      }),
    ),
  }),
  response: responseObject({ FileInfoList: nullable(Type.Array(applicationFileInfoField())) }),
  errorCodes: ['FailedOperation.ApplicationNotFind', 'InvalidParameter'],
});

/** Credentials for an upload. The vendor's spelling: SecretID. */
export const describeCosCredential = defineAction({
  ...common,
  summary: 'Gives temporary credentials and the path for uploading a package',
  request: requestObject({ ApplicationId: idField(), ApplicationFileName: Type.Optional(applicationFileNameField()) }),
  response: responseObject({
    SecretID: Type.String({ description: 'Temporary id' }),
    SecretKey: Type.String({ description: 'Temporary secret' }),
    SessionToken: Type.String({ description: 'Temporary token' }),
    CosBucket: Type.String({ description: 'Bucket' }),
    CosRegion: Type.String({ description: 'Region of the bucket' }),
    Path: Type.String({ description: 'Key of the object to upload' }),
    StartTime: Type.Integer({ description: 'Valid from, Unix seconds' }),
    ExpiredTime: Type.Integer({ description: 'Valid until, Unix seconds' }),
    /** Not the vendor's: where to send the upload. */
    UploadUrl: Type.String({ description: 'Upload endpoint of this installation (tus)' }),
  }),
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
