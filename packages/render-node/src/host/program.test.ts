import { expect, it } from 'vitest';
import { parseProgramStatus } from './program.js';

it('reads what bubblewrap has written so far', () => {
  expect(parseProgramStatus('')).toEqual({ childPid: null, exitCode: null });
  const started = '{ "child-pid": 4711, "mnt-namespace": 1, "pid-namespace": 2 }\n';
  expect(parseProgramStatus(started)).toEqual({ childPid: 4711, exitCode: null });
  expect(parseProgramStatus(`${started}{ "exit-co`)).toEqual({ childPid: 4711, exitCode: null });
  expect(parseProgramStatus(`${started}{ "exit-code": 139 }\n`)).toEqual({ childPid: 4711, exitCode: 139 });
});
