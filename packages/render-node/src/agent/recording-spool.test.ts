import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingPart, StoreRecordingOutcome } from '@cloudstage/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRecordingSpool, type RecordingSpool } from './recording-spool.js';

let dir: string;
let spool: RecordingSpool;
let running: string[];
let outcome: StoreRecordingOutcome | Error;
let stored: { readonly part: RecordingPart; readonly content: string }[];
const began = 1_700_000_000_000;

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'spool-')), 'recordings');
  running = [];
  outcome = { type: 'stored' };
  stored = [];
  spool = await openRecordingSpool({
    dir,
    nodeId: 'node-1',
    storeRecording: async (part, content) => {
      if (outcome instanceof Error) throw outcome;
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      stored.push({ part, content: Buffer.concat(chunks).toString() });
      return outcome;
    },
    isRunning: (sessionId) => running.includes(sessionId),
    logger: pino({ level: 'silent' }),
  });
});
afterEach(() => rm(join(dir, '..'), { recursive: true, force: true }));

async function put(sessionId: string, ...names: string[]): Promise<string> {
  const directory = await spool.directoryOf(sessionId);
  for (const name of names) await writeFile(join(directory, name), `content of ${name}`);
  return directory;
}
const names = () => stored.map(({ content }) => content.replace('content of ', ''));

it('stores whole parts while the session goes on, and what was being written when it has ended', async () => {
  const directory = await put('ses-one', `${began}-5000.mp4`, `${began + 5_000}.mp4.open`);
  running = ['ses-one'];
  await spool.pass();
  expect(names()).toEqual([`${began}-5000.mp4`]);
  expect(await readdir(directory)).toEqual([`${began + 5_000}.mp4.open`]);
  running = [];
  await spool.pass();
  expect(stored.map(({ part }) => [part.startedAt, part.durationMs])).toEqual([
    [began, 5_000],
    [began + 5_000, null],
  ]);
  expect(stored[0]?.part).toMatchObject({
    nodeId: 'node-1',
    sessionId: 'ses-one',
    sizeBytes: `content of ${began}-5000.mp4`.length,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(await readdir(dir)).toEqual([]);
});

it('keeps what could not be stored, and tries again', async () => {
  const directory = await put('ses-one', `${began}-5000.mp4`);
  await put('ses-two', `${began}-7000.mp4`);
  outcome = new Error('the control plane is away');
  await spool.pass();
  expect(await readdir(directory)).toEqual([`${began}-5000.mp4`]);
  outcome = { type: 'stored' };
  await spool.pass();
  expect(names().sort()).toEqual([`${began}-5000.mp4`, `${began}-7000.mp4`]);
});

it('leaves recordings of unknown sessions where they are, and strangers’ files alone', async () => {
  const directory = await put('ses-one', `${began}-5000.mp4`, 'notes.txt');
  outcome = { type: 'session-not-found' };
  await spool.pass();
  await spool.pass();
  expect(stored.length).toBe(1);
  expect((await readdir(directory)).sort()).toEqual([`${began}-5000.mp4.unknown`, 'notes.txt']);
});

it('forgets parts that never got a byte', async () => {
  const directory = await put('ses-one');
  await writeFile(join(directory, `${began}.mp4.open`), '');
  await mkdir(join(dir, 'ses-empty'));
  await spool.pass();
  expect(stored).toEqual([]);
  expect(await readdir(dir)).toEqual([]);
});
