import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { programStage } from './program-stage.js';

let dir: string;
let logPath: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cloudstage-stage-'));
  logPath = join(dir, 'program.log');
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Runs a shell script as the program; `extra` are open descriptors 3, 4, … that it might inherit. */
async function run(script: string, extra: readonly number[] = []): Promise<void> {
  const stage = { logPath, logBytes: 100_000, lastFd: 3, title: 'ses-1 bin/x' };
  const [command = '', ...args] = programStage(stage, ['/bin/sh', '-c', script]);
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'ignore', ...extra],
    env: { PATH: '/usr/bin:/bin' },
  });
  await new Promise((resolve) => child.once('exit', resolve));
}

it('keeps both outputs, under a line that says when and what', async () => {
  await run('echo out; echo err >&2');
  expect(readFileSync(logPath, 'utf8')).toMatch(/^--- \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ses-1 bin\/x\nout\nerr\n$/);
  await run('echo again');
  expect(readFileSync(logPath, 'utf8')).toMatch(/err\n--- .*\nagain\n$/);
});

it('bounds a flood and has the last words of a program that is killed', async () => {
  await run('yes flood | head -c 5000000; printf "last words"; kill -9 $$');
  const text = readFileSync(`${logPath}.1`, 'utf8') + readFileSync(logPath, 'utf8');
  expect(text.endsWith('last words')).toBe(true);
  expect(statSync(logPath).size).toBeLessThan(200_000);
  expect(statSync(`${logPath}.1`).size).toBeLessThanOrEqual(200_000);
  expect(existsSync(`${logPath}.2`)).toBe(false);
});

it('passes no descriptor above the last one', async () => {
  const fd = openSync(dir, 'r');
  try {
    // Descriptors 3 to 12: also those of two digits, which plain shells cannot close.
    await run('for n in $(seq 3 12); do [ -e /proc/$$/fd/$n ] && echo open $n; done; echo end', Array(10).fill(fd));
  } finally {
    closeSync(fd);
  }
  expect(readFileSync(logPath, 'utf8').split('\n').slice(1)).toEqual(['open 3', 'end', '']);
});
