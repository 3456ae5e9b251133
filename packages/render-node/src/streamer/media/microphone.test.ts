import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Microphone } from './microphone.js';

let dir: string;
let reader: FileHandle;
let microphone: Microphone;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'microphone-'));
  const path = join(dir, 'pipe');
  spawnSync('mkfifo', [path]);
  // As the sound server has it: opened for reading, whether or not a program records.
  reader = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  microphone = new Microphone({ path, logger: pino({ level: 'silent' }), nowMs: () => performance.now() });
});
afterEach(async () => {
  microphone.stop();
  vi.useRealTimers();
  await reader.close();
  await rm(dir, { recursive: true, force: true });
});

async function readAll(): Promise<number> {
  let bytes = 0;
  for (;;) {
    const read = await reader.read(Buffer.alloc(65_536)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EAGAIN') return { bytesRead: 0 };
      throw error;
    });
    if (read.bytesRead === 0) return bytes;
    bytes += read.bytesRead;
  }
}

it('gives silence to whoever reads, fills the pipe once when nobody does, and then waits without a timer until somebody reads', async () => {
  microphone.start();
  vi.advanceTimersByTime(500);
  expect(await readAll()).toBe(48_000);
  // More than a pipe holds: 64 KiB are 0.7 s.
  for (let pieces = 0; pieces < 10; pieces++) vi.advanceTimersByTime(100);
  expect(vi.getTimerCount(), 'timers with a full pipe').toBe(0);
  // Pages of the pipe are not always full: what did not fit is written when there is room.
  for (let bytes = 0; bytes < 65_536; bytes += await readAll()) await new Promise((resolve) => setImmediate(resolve));
  while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
  await readAll();
  vi.advanceTimersByTime(500);
  expect(await readAll()).toBe(48_000);
});

it('has no timer when it has stopped', async () => {
  microphone.start();
  microphone.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it('gives nothing to a pipe that no program reads, throws away what is in it, and begins at once with one that records', async () => {
  microphone.start();
  vi.advanceTimersByTime(500);
  microphone.setInUse(false);
  expect(await readAll(), 'what was in the pipe').toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(await readAll()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  microphone.setInUse(true);
  vi.advanceTimersByTime(10);
  expect(await readAll()).toBe(960);
  vi.advanceTimersByTime(500);
  expect(await readAll()).toBe(48_000);
  microphone.setInUse(false);
  microphone.setInUse(null);
  vi.advanceTimersByTime(500);
  expect(await readAll(), 'while it is not known').toBe(48_000);
});

it('leaves a file alone that lies where the pipe should be', async () => {
  const path = join(dir, 'file');
  await writeFile(path, 'precious');
  const deps = { path, logger: pino({ level: 'silent' }), nowMs: () => performance.now() };
  const wrong = new Microphone(deps);
  wrong.start();
  wrong.setInUse(false);
  wrong.setInUse(true);
  vi.advanceTimersByTime(500);
  wrong.stop();
  expect(await readFile(path, 'utf8')).toBe('precious');
});
