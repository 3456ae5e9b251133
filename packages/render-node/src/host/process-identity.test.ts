import { describe, expect, it } from 'vitest';
import { isProcessAlive, parseProcessStat, readProcessIdentity } from './process-identity.js';

describe('parseProcessStat', () => {
  it('reads past a command with spaces and parentheses', () => {
    const rest = 'S 10 20 30 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 20';
    expect(parseProcessStat(`77 (a) b (c)) ${rest}`)).toEqual({
      state: 'S',
      parentPid: 10,
      groupId: 20,
      sessionId: 30,
      startTimeTicks: 98_765,
    });
  });
  it.each(['', '77 (x', '77 (x) S 1 2 3'])('refuses %j', (text) => expect(parseProcessStat(text)).toBeNull());
});

it('knows this process, and not another one that got its number', () => {
  const identity = readProcessIdentity(process.pid);
  expect(identity && isProcessAlive(identity)).toBe(true);
  expect(identity && isProcessAlive({ ...identity, startTimeTicks: identity.startTimeTicks - 1 })).toBe(false);
});
