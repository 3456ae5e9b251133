import { AppError } from '@cloudstage/protocol';
import { describe, expect, it } from 'vitest';
import { renderError } from './errors-shown.js';
import { exitCodeOf } from './exit-codes.js';

const refusal = new AppError('OperationDenied.VersionCreating', 'A version is being created.', {
  details: { requestId: 'r-1' },
});

describe('errors', () => {
  it('say what to do, with code and request', () => {
    expect(renderError(refusal, false)).toMatch(
      /^A version is being created\. \(OperationDenied.VersionCreating, request r-1\)\nAnother version .*app versions/,
    );
    expect(renderError(new AppError('not-running', 'No Cloudstage is running.'), false)).toBe(
      'No Cloudstage is running.',
    );
  });

  it('are one JSON object for scripts', () => {
    expect(JSON.parse(renderError(refusal, true))).toEqual({
      Error: {
        Code: 'OperationDenied.VersionCreating',
        Message: 'A version is being created.',
        Advice: expect.stringContaining('app versions'),
        RequestId: 'r-1',
      },
    });
  });

  it.each([
    ['option-invalid', 2],
    ['not-running', 3],
    ['cloud-api-unreachable', 3],
    ['AuthFailure.SignatureFailure', 4],
    ['UnauthorizedOperation', 4],
    ['interrupted', 130],
    ['FailedOperation', 1],
  ])('%s ends with %d', (code, exit) => {
    expect(exitCodeOf(new AppError(code, ''))).toBe(exit);
  });

  it('of bugs end with 1 and show where', () => {
    expect(exitCodeOf(new Error('x'))).toBe(1);
    expect(renderError(new Error('x'), false)).toContain('errors-shown.test');
  });
});
