import { type ActionName, actions, isPlatformErrorCode, renderErrorMessage } from '@cloudstage/cloud-api';
import { describe, expect, it } from 'vitest';
import type { InvalidInput } from '../../services/applications/contract.js';
import {
  mapCreateSnapshot,
  mapCreateUploadVersion,
  mapDeleteVersion,
  mapIssueUploadCredential,
  mapPublishVersion,
  mapRenameVersion,
} from './application-versions.js';
import {
  applicationNotFound,
  mapCreateApplication,
  mapDeleteApplication,
  mapModifyBaseInfo,
  mapRenameMobileApplication,
  versionNotFound,
} from './applications.js';
import type { MappedFailure } from './failure.js';

const missing = { type: 'application-not-found' } as const;
const message = 'because of this';
const locked = { type: 'application-locked', message } as const;
const versionLocked = { type: 'version-locked', message } as const;
const noVersion = { type: 'version-not-found' } as const;
const denied = { type: 'denied', message } as const;
const invalid = (field: InvalidInput['field']): InvalidInput => ({ type: 'invalid', field, message });
const notFound = 'FailedOperation.ApplicationNotFind';
const lockFail = 'FailedOperation.ApplicationLockFail';
const badValue = 'InvalidParameterValue';

const cases: [ActionName, MappedFailure, string][] = [
  [
    'CreateApplication',
    mapCreateApplication({ type: 'application-limit', maxApplications: 3 }),
    'OperationDenied.ApplicationLimitExceeded',
  ],
  ['CreateApplication', mapCreateApplication({ type: 'name-taken' }), 'FailedOperation.ApplicationCreateFail'],
  ['CreateApplication', mapCreateApplication(invalid('name')), badValue],
  ['CreateApplicationVersion', mapCreateUploadVersion(missing), notFound],
  ['CreateApplicationVersion', mapCreateUploadVersion(locked), lockFail],
  [
    'CreateApplicationVersion',
    mapCreateUploadVersion({ type: 'version-pending', versionId: 'ver-1', state: 'normal' }),
    'OperationDenied.VersionCreating',
  ],
  [
    'CreateApplicationVersion',
    mapCreateUploadVersion({ type: 'version-limit', maxVersions: 5 }),
    'OperationDenied.VersionLimitExceeded',
  ],
  ['CreateApplicationVersion', mapCreateUploadVersion(denied), 'OperationDenied'],
  ['CreateApplicationVersion', mapCreateUploadVersion(invalid('fileName')), badValue],
  ['DescribeCosCredential', mapIssueUploadCredential(missing), notFound],
  ['DescribeCosCredential', mapIssueUploadCredential(locked), lockFail],
  ['DescribeCosCredential', mapIssueUploadCredential(denied), 'OperationDenied'],
  ['DescribeCosCredential', mapIssueUploadCredential(invalid('fileName')), badValue],
  ['CreateApplicationSnapshot', mapCreateSnapshot(missing), notFound],
  ['CreateApplicationSnapshot', mapCreateSnapshot(locked), lockFail],
  ['CreateApplicationSnapshot', mapCreateSnapshot(denied), 'OperationDenied'],
  ['CreateApplicationSnapshot', mapCreateSnapshot(invalid('downloadUrl')), badValue],
  ['DeleteApplication', mapDeleteApplication(missing), notFound],
  ['DeleteApplication', mapDeleteApplication(locked), lockFail],
  ['DeleteApplication', mapDeleteApplication(versionLocked), 'FailedOperation.VersionLockFail'],
  ['DeleteApplicationVersion', mapDeleteVersion(missing), notFound],
  ['DeleteApplicationVersion', mapDeleteVersion(locked), lockFail],
  ['DeleteApplicationVersion', mapDeleteVersion(noVersion), badValue],
  ['DeleteApplicationVersion', mapDeleteVersion(versionLocked), 'FailedOperation.VersionLockFail'],
  ['DeleteApplicationVersion', mapDeleteVersion(denied), 'OperationDenied'],
  ['SetApplicationVersionOnline', mapPublishVersion(missing), notFound],
  ['SetApplicationVersionOnline', mapPublishVersion(locked), lockFail],
  ['SetApplicationVersionOnline', mapPublishVersion(noVersion), badValue],
  ['SetApplicationVersionOnline', mapPublishVersion(denied), 'OperationDenied'],
  ['ModifyApplicationVersion', mapRenameVersion(missing), notFound],
  ['ModifyApplicationVersion', mapRenameVersion(locked), lockFail],
  ['ModifyApplicationVersion', mapRenameVersion(noVersion), badValue],
  ['ModifyApplicationVersion', mapRenameVersion(denied), 'OperationDenied'],
  ['ModifyApplicationBaseInfo', mapModifyBaseInfo(missing), notFound],
  ['ModifyApplicationBaseInfo', mapModifyBaseInfo(invalid('stores')), badValue],
  ['ModifyMobileApplicationInfo', mapRenameMobileApplication(missing), notFound],
  ['ModifyMobileApplicationInfo', mapRenameMobileApplication(locked), lockFail],
  ['ModifyMobileApplicationInfo', mapRenameMobileApplication(invalid('application')), badValue],
  ['DescribeApplicationVersion', applicationNotFound, notFound],
  ['DescribeApplicationPathList', versionNotFound, badValue],
];

describe('error mapping of applications', () => {
  it.each(cases)('%s: %j is %s, a code that the action may answer', (action, failure, code) => {
    expect(failure.error.code).toBe(code);
    expect(isPlatformErrorCode(failure.error.code) || actions[action].errorCodes.includes(failure.error.code)).toBe(
      true,
    );
  });

  it.each<[MappedFailure, string]>([
    [mapDeleteVersion(denied), 'The operation is denied: because of this'],
    [mapModifyBaseInfo(invalid('entryPath')), 'The parameter `ApplicationExePath` is not valid: because of this'],
    [versionNotFound, 'The parameter `ApplicationVersionId` names no version of the application.'],
    [
      mapCreateUploadVersion({ type: 'version-pending', versionId: 'ver-1', state: 'create-failed' }),
      'Version ver-1 is create-failed: put it online or delete it first.',
    ],
  ])('%j says what is wrong', ({ error }, text) => {
    expect(renderErrorMessage(error, 'en-US')).toBe(text);
    expect(renderErrorMessage(error, 'zh-CN')).toMatch(/\p{Script=Han}/u);
  });
});
