import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatConsoleLine } from './console-line.js';

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
