import { describe, expect, it } from 'vitest';
import {
  parseChoice,
  parseCount,
  parseDuration,
  parseList,
  parseNumber,
  parseResolution,
  parseTime,
} from './options.js';

describe('option values', () => {
  it('are read', () => {
    expect(parseNumber('--x', ' 1.5 ')).toBe(1.5);
    expect(parseCount('--x', '12')).toBe(12);
    expect(parseResolution('1920X1080')).toEqual({ width: 1920, height: 1080 });
    expect(parseChoice('--x', 'full', ['FULL', 'INCREMENT'])).toBe('FULL');
    expect(parseList(' a, ,b ')).toEqual(['a', 'b']);
    expect(parseTime('--x', '2026-01-31')).toBe(Date.UTC(2026, 0, 31));
    expect(parseTime('--x', '2026-01-31T12:30')).toBe(Date.UTC(2026, 0, 31, 12, 30));
    expect(parseTime('--x', '2026-01-31T12:30:05+02:00')).toBe(Date.UTC(2026, 0, 31, 10, 30, 5));
    expect(parseDuration('--x', '90s')).toBe(90_000);
    expect(parseDuration('--x', '30d')).toBe(2_592_000_000);
  });

  it.each([
    () => parseNumber('--x', ''),
    () => parseNumber('--x', 'many'),
    () => parseCount('--x', '-1'),
    () => parseCount('--x', '1.5'),
    () => parseResolution('1920*1080'),
    () => parseChoice('--x', 'half', ['FULL']),
    () => parseTime('--x', 'yesterday'),
    () => parseTime('--x', '2026-13-01'),
    () => parseTime('--x', '2026'),
    () => parseDuration('--x', '10'),
    () => parseDuration('--x', '10y'),
  ])('are refused with the option in the message: %s', (parse) => {
    expect(parse).toThrow(/^--(x|resolution): expected /);
  });
});
