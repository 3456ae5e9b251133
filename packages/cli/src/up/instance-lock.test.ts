import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireInstanceLock } from './instance-lock.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lockFile = () => join(dir, 'cloudstage.lock');

describe('the instance lock', () => {
  it('refuses a second holder and names the first', () => {
    const lock = acquireInstanceLock(dir);
    expect(() => acquireInstanceLock(dir)).toThrow(new RegExp(`process ${process.pid}`));
    lock.release();
    acquireInstanceLock(dir).release();
  });

  it('leaves nothing behind', () => {
    const lock = acquireInstanceLock(dir);
    expect(readdirSync(dir)).toEqual(['cloudstage.lock']);
    lock.release();
    lock.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('takes over from a process that was killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(lockFile(), `${child.pid} ${startTime}\n`);
    expect(() => acquireInstanceLock(dir)).toThrow(/already running/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    acquireInstanceLock(dir).release();
    expect(existsSync(lockFile())).toBe(false);
  });

  it('takes over when another process has the number now', () => {
    writeFileSync(lockFile(), `${process.pid} 1\n`);
    acquireInstanceLock(dir).release();
  });

  it('takes over a garbled lock', () => {
    writeFileSync(lockFile(), 'garbage');
    acquireInstanceLock(dir).release();
  });

  it('does not remove a lock that is not its own', () => {
    const lock = acquireInstanceLock(dir);
    writeFileSync(lockFile(), '1 1\n');
    lock.release();
    expect(existsSync(lockFile())).toBe(true);
  });
});
