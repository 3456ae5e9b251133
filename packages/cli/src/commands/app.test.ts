import { describe, expect, it } from 'vitest';
// The command loads it when it needs it. Loaded within a test it would take seconds of that test's time, and all of it on a busy machine.
import '@cloudstage/control-plane';
import { programArguments } from './app.js';

describe('arguments of app add', () => {
  it.each([
    [[], []],
    [['-t sine -l 0'], ['-t', 'sine', '-l', '0']],
    [['--name "two words"'], ['--name', 'two words']],
    [['--flag'], ['--flag']],
    [
      ['one', 'two words'],
      ['one', 'two words'],
    ],
  ])('%j becomes %j', async (values, expected) => {
    expect(await programArguments(values)).toEqual(expected);
  });
});
