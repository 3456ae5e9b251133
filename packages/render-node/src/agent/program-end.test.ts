import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { endedWhileStarting, lastOutput, programEnd } from './program-end.js';

it.each([
  [0, 'program-exit', 'exit code 0'],
  [3, 'program-crash', 'exit code 3'],
  [127, 'program-crash', 'exit code 127'],
  [128, 'program-crash', 'exit code 128'],
  [139, 'program-crash', 'exit code 139 (SIGSEGV)'],
  [137, 'program-crash', 'exit code 137 (SIGKILL: most likely it reached its memory limit)'],
  [null, 'program-crash', 'it was killed'],
] as const)('exit code %s is a %s', (exitCode, reason, explanation) => {
  const end = programEnd('s1', exitCode);
  expect(end).toMatchObject({ sessionId: 's1', reason, exitCode, explanation });
  expect(endedWhileStarting(end, 's1')).toMatchObject({ ok: false, code: 'internal' });
  expect(endedWhileStarting(end, 's2')).toBeNull();
});

it('reads the last lines of an output of any size', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cloudstage-output-'));
  try {
    const path = join(dir, 'program.log');
    expect(await lastOutput(path)).toEqual([]);
    writeFileSync(path, `${'x'.repeat(100_000)}\n${[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].join('\n')}\n`);
    const lines = await lastOutput(path);
    expect(lines.slice(-2)).toEqual(['9', '10']);
    expect(lines.join('').length).toBeLessThan(5_000);
    writeFileSync(path, 'of another\n--- 2026-01-02T03:04:05Z s1 bin/x\nmine\n');
    expect(await lastOutput(path)).toEqual(['mine']);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
