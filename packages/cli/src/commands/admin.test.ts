import { describe, expect, it } from 'vitest';
import { parseResolution } from './admin.js';

describe('--resolution', () => {
  it('is width x height', () => {
    expect(parseResolution('1920x1080')).toEqual({ width: 1920, height: 1080 });
    expect(parseResolution(' 1280X720 ')).toEqual({ width: 1280, height: 720 });
  });
  it.each(['', '1280', '1280*720', 'x720', '1280x', '-1x5', '1e3x720'])('%j is refused', (text) => {
    expect(() => parseResolution(text)).toThrow(/--resolution/);
  });
});
