import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findEncoders } from './encoder-probe.js';

const logger = pino({ level: 'silent' });
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'probe-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const sayName = "process.stdout.write(process.argv[2] + '\\n');";
const allDevices: Readonly<Record<string, readonly string[]>> = {
  '/dev': ['null', 'nvidiactl'],
  '/dev/dri': ['card0', 'renderD128'],
};

/** What a node finds whose probe process runs this code. */
async function find(
  code: string,
  devices = allDevices,
  config: Partial<Parameters<typeof findEncoders>[0]> = {},
  deadlineMs = 15_000,
): Promise<readonly string[]> {
  const entry = join(dir, `${Math.random()}.mjs`);
  await writeFile(entry, code);
  const list = async (folder: string) => devices[folder] ?? [];
  return findEncoders({ encoder: 'auto', av1: 'auto', ...config }, { entry, logger, list, deadlineMs });
}

it('takes what has made pictures, best first, and nothing else that is said', async () => {
  expect(await find(`process.stdout.write('what is this?\\nh264_vaapi\\n');`)).toEqual(['h264_vaapi']);
  expect(await find(sayName)).toEqual(['h264_nvenc', 'h264_qsv', 'h264_vaapi', 'libaom_av1']);
});

it.each([
  ['a driver that crashes', "process.kill(process.pid, 'SIGSEGV'); setInterval(() => 0, 1e6);"],
  ['a probe that says too much', "process.stdout.write('x'.repeat(10_000));"],
  ['a probe that fails', 'process.exitCode = 1;'],
])('%s takes nothing else along', async (_what, code) => {
  const encoders = await find(`${sayName} if (process.argv[2] === 'h264_qsv') { ${code} }`);
  expect(encoders).toEqual(['h264_nvenc', 'h264_vaapi', 'libaom_av1']);
});

it('leaves a driver that hangs behind at the deadline', async () => {
  const hang = `process.on('SIGTERM', () => 0); setInterval(() => 0, 1e6); ${sayName}`;
  expect(await find(hang, { '/dev/dri': ['renderD128'] }, { av1: 'off' }, 300)).toEqual([]);
});

it('asks nobody for a card on a machine without its device, or when it is told so', async () => {
  const code = sayName;
  expect(await find(code, { '/dev': ['nvidia-caps'], '/dev/dri': ['card0', 'by-path'] })).toEqual(['libaom_av1']);
  expect(await find(code, { '/dev/dri': ['renderD129'] })).toEqual(['h264_qsv', 'h264_vaapi', 'libaom_av1']);
  expect(await find(code, allDevices, { encoder: 'software' })).toEqual(['libaom_av1']);
  expect(await find(code, allDevices, { encoder: 'software', av1: 'off' })).toEqual([]);
});

it('leaves out the time of AV1 when it is to be on in any case', async () => {
  const code = "if (process.argv[3] === 'untimed') process.stdout.write('libaom_av1\\n');";
  expect(await find(code, {}, { av1: 'auto' })).toEqual([]);
  expect(await find(code, {}, { av1: 'on' })).toEqual(['libaom_av1']);
});
