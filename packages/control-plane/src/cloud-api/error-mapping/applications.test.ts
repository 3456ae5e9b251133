import { type ActionName, actions, isPlatformErrorCode, renderErrorMessage } from '@cloudstage/cloud-api';
import { describe, expect, it } from 'vitest';
import type {
  ApplicationServices,
  CreateApplicationOutcome,
  CreateUploadVersionOutcome,
  InvalidInput,
} from '../../services/applications/contract.js';
import {
  type ApplicationRefusal,
  mapApplicationRefusal,
  mapCreateApplication,
  mapCreateUploadVersion,
} from './applications.js';
import type { FailureOf, MappedFailure } from './failure.js';

const message = 'because of this';
const missing = { type: 'application-not-found' } as const;
const locked = { type: 'application-locked', message } as const;
const versionLocked = { type: 'version-locked', message } as const;
const noVersion = { type: 'version-not-found' } as const;
const denied = { type: 'denied', message } as const;
const invalid = (field: InvalidInput['field']): InvalidInput => ({ type: 'invalid', field, message });

const codes: Readonly<Record<ApplicationRefusal['type'], string>> = {
  'application-not-found': 'FailedOperation.ApplicationNotFind',
  'application-locked': 'FailedOperation.ApplicationLockFail',
  'version-not-found': 'InvalidParameterValue',
  'version-locked': 'FailedOperation.VersionLockFail',
  denied: 'OperationDenied',
  invalid: 'InvalidParameterValue',
};

/** What a use case refuses; the compiler knows when one gets a refusal more, and this test must, too. */
type RefusalOf<N extends keyof ApplicationServices> = ApplicationServices[N] extends (
  ...args: never[]
) => Promise<infer Outcome>
  ? Extract<Outcome, ApplicationRefusal>['type']
  : never;
type Refusals<N extends keyof ApplicationServices> = Readonly<Record<RefusalOf<N>, ApplicationRefusal>>;
const all = <N extends keyof ApplicationServices>(refusals: Refusals<N>): readonly ApplicationRefusal[] =>
  Object.values(refusals);

const common = { 'application-not-found': missing, 'application-locked': locked };
const refusals: readonly (readonly [ActionName, readonly ApplicationRefusal[]])[] = [
  ['CreateApplication', all<'createApplicationRecord'>({ invalid: invalid('name') })],
  ['CreateApplicationVersion', all<'createUploadVersion'>({ ...common, denied, invalid: invalid('fileName') })],
  ['DescribeCosCredential', all<'issueUploadCredential'>({ ...common, denied, invalid: invalid('fileName') })],
  ['CreateApplicationSnapshot', all<'createSnapshot'>({ ...common, denied, invalid: invalid('downloadUrl') })],
  ['DeleteApplication', all<'deleteApplication'>({ ...common, 'version-locked': versionLocked })],
  [
    'DeleteApplicationVersion',
    all<'deleteVersion'>({ ...common, 'version-not-found': noVersion, 'version-locked': versionLocked, denied }),
  ],
  ['SetApplicationVersionOnline', all<'publishVersion'>({ ...common, 'version-not-found': noVersion, denied })],
  ['ModifyApplicationVersion', all<'renameVersion'>({ ...common, 'version-not-found': noVersion, denied })],
  [
    'ModifyApplicationBaseInfo',
    all<'modifyBaseInfo'>({ 'application-not-found': missing, invalid: invalid('stores') }),
  ],
  ['ModifyMobileApplicationInfo', all<'renameMobileApplication'>({ ...common, invalid: invalid('application') })],
  ['DescribeApplicationVersion', all<'listApplicationVersions'>({ 'application-not-found': missing })],
  [
    'DescribeApplicationPathList',
    all<'listPrograms'>({ 'application-not-found': missing, 'version-not-found': noVersion }),
  ],
  ['DescribeApplicationFileInfo', all<'checkPackageFiles'>({ 'application-not-found': missing })],
];

const created: readonly (readonly [FailureOf<CreateApplicationOutcome, 'created'>, string])[] = [
  [{ type: 'application-limit', maxApplications: 3 }, 'OperationDenied.ApplicationLimitExceeded'],
  [{ type: 'name-taken' }, 'FailedOperation.ApplicationCreateFail'],
];
const pending = { type: 'version-pending', versionId: 'ver-1', state: 'create-failed' } as const;
const versioned: readonly (readonly [FailureOf<CreateUploadVersionOutcome, 'created'>, string])[] = [
  [pending, 'OperationDenied.VersionCreating'],
  [{ type: 'version-limit', maxVersions: 5 }, 'OperationDenied.VersionLimitExceeded'],
];

const cases: readonly (readonly [ActionName, MappedFailure, string])[] = [
  ...refusals.flatMap(([action, list]) =>
    list.map((refusal) => [action, mapApplicationRefusal(refusal), codes[refusal.type]] as const),
  ),
  ...created.map(([outcome, code]) => ['CreateApplication', mapCreateApplication(outcome), code] as const),
  ...versioned.map(([outcome, code]) => ['CreateApplicationVersion', mapCreateUploadVersion(outcome), code] as const),
];

describe('error mapping of applications', () => {
  it.each(cases)('%s: %j is %s, a code that the action may answer', (action, failure, code) => {
    expect(failure.error.code).toBe(code);
    expect(isPlatformErrorCode(failure.error.code) || actions[action].errorCodes.includes(failure.error.code)).toBe(
      true,
    );
  });

  it.each<[MappedFailure, string]>([
    [mapApplicationRefusal(denied), 'The operation is denied: because of this'],
    [mapCreateUploadVersion(invalid('entryPath')), 'The parameter `ApplicationExePath` is not valid: because of this'],
    [mapApplicationRefusal(noVersion), 'The parameter `ApplicationVersionId` names no version of the application.'],
    [mapCreateUploadVersion(pending), 'Version ver-1 is create-failed: put it online or delete it first.'],
  ])('%j says what is wrong', ({ error }, text) => {
    expect(renderErrorMessage(error, 'en-US')).toBe(text);
    expect(renderErrorMessage(error, 'zh-CN')).toMatch(/\p{Script=Han}/u);
  });
});
