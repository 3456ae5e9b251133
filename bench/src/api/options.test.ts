import { isAppError } from '@cloudstage/protocol';
import { describe, expect, it } from 'vitest';
import { parseApiBenchOptions } from './options.js';

describe('options of the API bench', () => {
  it('have defaults that measure everything', () => {
    expect(parseApiBenchOptions([])).toEqual({
      nodes: [10, 1000, 10_000],
      levels: ['services', 'http'],
      workloads: ['reserve', 'apply', 'create'],
      clients: 16,
      seconds: 10,
      databaseUrl: '',
      json: false,
    });
  });

  it('are taken from the command line', () => {
    const options = parseApiBenchOptions([
      '--nodes',
      '5',
      '--level',
      'http',
      '--workload',
      'create',
      '--seconds',
      '0.5',
    ]);
    expect(options).toMatchObject({ nodes: [5], levels: ['http'], workloads: ['create'], seconds: 0.5 });
  });

  it.each([
    ['--nodes', 'many'],
    ['--level', 'tcp'],
    ['--clients', '0'],
  ])('are checked: %s %s', (...args) => {
    expect(() => parseApiBenchOptions(args)).toThrow(expect.toSatisfy((error) => isAppError(error, 'usage')));
  });
});
