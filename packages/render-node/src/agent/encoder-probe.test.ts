import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { probeEncoders } from './encoder-probe.js';

const logger = pino({ level: 'silent' });
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'probe-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** What a probe process that runs this code tells the node. */
async function probe(code: string, device = '/dev/null'): Promise<readonly string[]> {
  const entry = join(dir, `${Math.random()}.mjs`);
  await writeFile(entry, code);
  return probeEncoders(entry, logger, [device]);
}

it('takes what the probe has made pictures with, and nothing else that it says', async () => {
  expect(await probe("process.stdout.write('h264_nvenc\\n\\nwhat is this?\\n')")).toEqual(['h264_nvenc']);
});

it.each([
  [
    'a driver that crashes',
    "process.stdout.write('h264_nvenc\\n'); process.kill(process.pid, 'SIGSEGV'); setInterval(() => 0, 1e6);",
  ],
  ['a probe that says too much', "process.stdout.write('h264_nvenc\\n'.repeat(1_000))"],
  ['a probe that fails', 'process.exit(1)'],
])('%s: software', async (_what, code) => {
  expect(await probe(code)).toEqual([]);
});

it('asks nobody on a machine without a card', async () => {
  expect(await probe("process.stdout.write('h264_nvenc\\n')", join(dir, 'no-such-device'))).toEqual([]);
});
