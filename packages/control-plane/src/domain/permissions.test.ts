import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allPermissions, findPermissionProblem, isPermitted } from './permissions.js';

const names = ['ApplyConcurrent', 'CreateSession', 'DescribeConcurrentCount', 'DescribeConcurrentSummary'];
const allowed = (...permissions: string[]) => names.filter((name) => isPermitted(permissions, name));

it('allows what a pattern names and denies the rest', () => {
  expect(allowed(...allPermissions)).toEqual(names);
  expect(allowed()).toEqual([]);
  expect(allowed('car:CreateSession')).toEqual(['CreateSession']);
  expect(allowed('car:Describe*')).toEqual(['DescribeConcurrentCount', 'DescribeConcurrentSummary']);
  expect(allowed('car:Describe*', 'car:ApplyConcurrent')).toEqual([names[0], names[2], names[3]]);
  // Exact spelling, whole names.
  expect(allowed('car:createSession', 'car:Create', 'car:DescribeConcurrent')).toEqual([]);
});

it.each([
  '',
  '*',
  'car:',
  'CreateSession',
  'cvm:*',
  'car:*Session',
  'car:Create*Session',
  'car:a b',
  ' car:*',
  'car:*\n',
])('refuses %j, which never allows anything', (text) => {
  expect(findPermissionProblem(text, names)).toContain('is no permission');
  expect(allowed(text)).toEqual([]);
});

it('notices a pattern that matches nothing', () => {
  expect(findPermissionProblem('car:CreateSesion', names)).toContain('allows no action');
  expect(findPermissionProblem('car:Delete*', names)).toContain('allows no action');
  for (const permission of ['car:*', 'car:Create*', 'car:CreateSession']) {
    expect(findPermissionProblem(permission, names)).toBeNull();
  }
});

it('more patterns never allow less', () => {
  const some = fc.array(fc.constantFrom('car:*', 'car:Create*', 'car:CreateSession', 'car:Describe*', 'nonsense'));
  fc.assert(
    fc.property(some, some, fc.constantFrom(...names), (left, right, name) => {
      expect(isPermitted([...left, ...right], name)).toBe(isPermitted(left, name) || isPermitted(right, name));
    }),
  );
});
