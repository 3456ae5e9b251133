import { describe, expect, it } from 'vitest';
import { hostCandidates, isTimestampFresh, parseTimestamp, pathCandidates } from './http-request.js';

describe('hostCandidates', () => {
  it('starts with Host, then without port, then configured and forwarded ones, each once', () => {
    const headers = { host: 'a.test:80', 'x-forwarded-host': 'c.test, a.test , ' };
    expect(hostCandidates(headers, ['b.test:443'])).toEqual(['a.test:80', 'a.test', 'b.test:443', 'b.test', 'c.test']);
    expect(hostCandidates({ host: '[::1]:8080' })).toEqual(['[::1]:8080', '[::1]']);
    expect(hostCandidates({})).toEqual([]);
  });

  it('is bounded, whatever a client forwards', () => {
    const forwarded = Array.from({ length: 1000 }, (_, index) => `h${index}.test`).join(',');
    expect(hostCandidates({ host: 'a', 'x-forwarded-host': forwarded }).length).toBe(5);
  });
});

it('tries the real path before the root', () => {
  expect(pathCandidates('/')).toEqual(['/']);
  expect(pathCandidates('/api/')).toEqual(['/api/', '/']);
});

describe('time', () => {
  it.each([
    [1000, 1_000_000, true],
    [1000, 1_300_000, true],
    [1000, 1_300_001, false],
    [1000, 700_000, true],
    [1000, 699_999, false],
  ])('timestamp %i at %i ms is fresh: %s', (timestamp, nowMs, fresh) => {
    expect(isTimestampFresh(timestamp, nowMs, 300)).toBe(fresh);
  });

  it('reads only plain decimal seconds', () => {
    expect(['1700000000', '', '-1', '1e9', '1.5', ' 1', '9'.repeat(12), '0x10'].map(parseTimestamp)).toEqual([
      1_700_000_000,
      ...Array(7).fill(null),
    ]);
  });
});
