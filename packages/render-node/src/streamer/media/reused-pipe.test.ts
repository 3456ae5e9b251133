import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@cloudstage/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openReusedPipe } from './reused-pipe.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pipe-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('brings what a child writes, in order, and ends with it; nothing of it is left on the disk', async () => {
  const parts: Buffer[] = [];
  const { reader, writer } = await openReusedPipe(join(dir, 'a.sock'), (data) => void parts.push(Buffer.from(data)));
  const ended = new Promise<void>((resolve) => reader.once('close', () => resolve()));
  spawn('seq', ['1', '200000'], { stdio: ['ignore', writer, 'ignore'] });
  writer.destroy();
  await ended;
  const lines = Buffer.concat(parts).toString().trim().split('\n');
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([200_000, '1', '200000']);
  expect(await readdir(dir)).toEqual([]);
});

it('says that it cannot be opened', async () => {
  await expect(openReusedPipe(join(dir, 'none', 'a.sock'), () => undefined)).rejects.toSatisfy((error) =>
    isAppError(error, 'pipe-failed'),
  );
});
