import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findWrongParameters, hasValidSign, parameterRules, signOf } from './parameters.js';

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');

describe('Sign', () => {
  it('is the hash of the values in the order of their names, then the salt', () => {
    expect(signOf({ UserId: 'u', ClientSession: 'c', ProjectId: 'p' }, 'salt')).toBe(sha256('cpusalt'));
  });

  it('ignores itself and takes numbers as they are written', () => {
    expect(signOf({ b: 1, a: true, Sign: 'x' }, 's')).toBe(sha256('true1s'));
  });

  it('accepts its own result and nothing else', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string()),
        fc.string({ minLength: 1 }),
        fc.string(),
        (values, salt, wrong) => {
          const sign = signOf(values, salt);
          expect(hasValidSign({ ...values, Sign: sign }, salt)).toBe(true);
          expect(hasValidSign({ ...values, Sign: sign }, `${salt}x`)).toBe(false);
          if (wrong !== sign) expect(hasValidSign({ ...values, Sign: wrong }, salt)).toBe(false);
          expect(hasValidSign({ ...values, Sign: 7 }, salt)).toBe(false);
        },
      ),
    );
  });
});

describe('parameters', () => {
  const complete = { UserId: 'u', ProjectId: 'p', ClientSession: 'c' };
  it.each([
    [complete, []],
    [{ ...complete, ApplicationId: null }, []],
    [{ ...complete, ApplicationId: '' }, ['ApplicationId']],
    [{ ...complete, UserId: 5 }, ['UserId']],
    [{}, ['UserId', 'ProjectId', 'ClientSession']],
  ])('%j of StartProject: wrong are %j', (parameters, wrong) => {
    expect(findWrongParameters(parameters, parameterRules.StartProject)).toEqual(wrong);
  });
});
