import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRepeatFilter, formatConsoleLine } from './console-line.js';

describe('a log line for people', () => {
  it('is short', () => {
    const line = {
      level: 50,
      time: Date.UTC(2026, 0, 2, 3, 4, 5),
      part: 'render-node',
      msg: 'no slot',
      err: { message: 'why', stack: 's' },
    };
    expect(formatConsoleLine(JSON.stringify(line))).toBe('03:04:05 error render-node: no slot (why)\n');
  });

  it('is left out when the person knows already', () => {
    expect(formatConsoleLine('{"level":50,"msg":"x","shown":true}')).toBe('');
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(typeof formatConsoleLine(text)).toBe('string');
      }),
    );
  });
});

describe('the filter of repeated lines', () => {
  it('lets a text pass once in its time, whatever the time of day it begins with', () => {
    const isNew = createRepeatFilter(100, 10);
    expect(isNew('10:00:00 error x', 0)).toBe(true);
    expect(isNew('10:00:01 error x', 99)).toBe(false);
    expect(isNew('10:00:01 error y', 99)).toBe(true);
    expect(isNew('10:00:02 error x', 100)).toBe(true);
  });

  it('remembers a bounded number of texts', () => {
    const isNew = createRepeatFilter(1000, 2);
    for (const text of ['0 a', '0 b', '0 c']) expect(isNew(text, 0)).toBe(true);
    expect(isNew('0 c', 1)).toBe(false);
    expect(isNew('0 a', 1)).toBe(true);
  });
});
