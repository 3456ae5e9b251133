import { describe, expect, it } from 'vitest';
import { isMainWindow, placeWindows, type WindowFacts } from './window-match.js';

const facts = (title: string, classes: string[] = [], transientFor = 0): WindowFacts => ({
  title,
  classes,
  transientFor,
});

describe('isMainWindow', () => {
  it.each([
    [{ name: 'Game', className: null }, true],
    [{ name: 'game', className: null }, false],
    [{ name: null, className: 'Engine' }, true],
    [{ name: null, className: 'engine-instance' }, true],
    [{ name: 'Game', className: 'Engine' }, true],
    [{ name: 'Game', className: 'Other' }, false],
    [{ name: null, className: null }, false],
  ])('%j: %s', (match, expected) => {
    expect(isMainWindow(facts('Game', ['engine-instance', 'Engine']), match)).toBe(expected);
  });
});

describe('placeWindows', () => {
  const windows = new Map([
    [1, facts('Launcher')],
    [2, facts('Game')],
    [3, facts('Save', [], 2)],
    [4, facts('Really?', [], 3)],
    [5, facts('Circle', [], 5)],
  ]);
  it('puts the rest below the main window and its dialogs', () => {
    expect([...placeWindows(windows, { name: 'Game', className: null }).values()]).toEqual([
      'below',
      'main',
      'with-main',
      'with-main',
      'below',
    ]);
  });
  it.each([null, { name: 'Absent', className: null }])('leaves everything alone for %j', (match) => {
    expect(new Set(placeWindows(windows, match).values())).toEqual(new Set(['free']));
  });
});
