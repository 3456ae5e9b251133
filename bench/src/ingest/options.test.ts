import { isAppError } from '@cloudstage/protocol';
import { describe, expect, it } from 'vitest';
import { parseIngestBenchOptions } from './options.js';

describe('options of the ingest bench', () => {
  it('have defaults that measure everything', () => {
    expect(parseIngestBenchOptions([])).toEqual({
      sizes: [0.25, 10],
      formats: ['zip', 'tar.gz', 'tar.zst', '7z'],
      directory: '',
      json: false,
    });
  });

  it('are taken from the command line, sizes in order', () => {
    const options = parseIngestBenchOptions(['--sizes', '2,0.5', '--formats', '7z', '--directory', '/data']);
    expect(options).toMatchObject({ sizes: [0.5, 2], formats: ['7z'], directory: '/data' });
  });

  it.each([
    ['--sizes', '0'],
    ['--sizes', 'big'],
    ['--formats', 'zip,arj'],
  ])('are checked: %s %s', (...args) => {
    expect(() => parseIngestBenchOptions(args)).toThrow(expect.toSatisfy((error) => isAppError(error, 'usage')));
  });
});
