import { type ActionName, actions, isPlatformErrorCode, renderErrorMessage } from '@cloudstage/cloud-api';
import { expect, it } from 'vitest';
import {
  mapBindPackages,
  mapRenamePackage,
  mapResetPackages,
  mapUnbindPackages,
  unknownFilter,
} from './concurrency.js';
import type { MappedFailure } from './failure.js';

const ids = ['cac-12345678'];
const cases: [ActionName, MappedFailure, RegExp][] = [
  ['BindConcurrentPackagesToProject', mapBindPackages({ type: 'project-not-found' }), /ProjectId/],
  ['BindConcurrentPackagesToProject', mapBindPackages({ type: 'package-not-found', ids }), /cac-12345678/],
  ['BindConcurrentPackagesToProject', mapBindPackages({ type: 'type-mismatch', ids, projectType: 'L1' }), /L1/],
  ['BindConcurrentPackagesToProject', mapBindPackages({ type: 'package-expired', ids }), /expired/],
  ['UnbindConcurrentPackagesFromProject', mapUnbindPackages({ type: 'project-not-found' }), /ProjectId/],
  ['UnbindConcurrentPackagesFromProject', mapUnbindPackages({ type: 'package-not-found', ids }), /cac-12345678/],
  ['UnbindConcurrentPackagesFromProject', mapUnbindPackages({ type: 'not-bound', ids }), /not bound/],
  ['ModifyConcurrentPackage', mapRenamePackage({ type: 'package-not-found', ids }), /ConcurrentId/],
  ['ResetConcurrentPackages', mapResetPackages({ type: 'package-not-found', ids }), /ConcurrentPackageIds/],
  ['DescribeConcurrentPackages', unknownFilter(['Name']), /Name/],
];

it.each(cases)('%s: %j is a code of the action and says what is wrong in both languages', (action, failure, text) => {
  const { code } = failure.error;
  expect(code).toBe('InvalidParameterValue');
  expect(isPlatformErrorCode(code) || actions[action].errorCodes.includes(code)).toBe(true);
  expect(renderErrorMessage(failure.error, 'en-US')).toMatch(text);
  expect(renderErrorMessage(failure.error, 'zh-CN')).toMatch(/[\u4e00-\u9fff]/);
});
