import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingPart, StoreRecordingOutcome } from '@cloudstage/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agentLimits } from './limits.js';
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

function box(type: string, content = ''): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, Buffer.from(content)]);
}
const head = Buffer.concat([box('ftyp', 'isom'), box('moov', 'all that a player needs')]);

/** Writes parts that have not been touched for a while. */
async function put(sessionId: string, ...names: string[]): Promise<string> {
  const directory = await spool.directoryOf(sessionId);
  for (const name of names) {
    await writeFile(join(directory, name), Buffer.concat([head, box('moof', `content of ${name};`)]));
    await rest(join(directory, name));
  }
  return directory;
}
async function rest(path: string): Promise<void> {
  const at = new Date(Date.now() - agentLimits.recordingRestMs - 1_000);
  await utimes(path, at, at);
}
const names = () => stored.map(({ content }) => /content of (.*);/.exec(content)?.[1]);

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
    sizeBytes: head.length + box('moof', `content of ${began}-5000.mp4;`).length,
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

it('leaves what is still being written, though its session has ended', async () => {
  const directory = await put('ses-one', `${began}.mp4.open`);
  await utimes(join(directory, `${began}.mp4.open`), new Date(), new Date());
  await spool.pass();
  expect(stored).toEqual([]);
  await rest(join(directory, `${began}.mp4.open`));
  await spool.pass();
  expect(names()).toEqual([`${began}.mp4.open`]);
  expect(await readdir(dir)).toEqual([]);
});

it('forgets parts in which nothing can be played', async () => {
  const directory = await put('ses-one');
  const contents = [Buffer.alloc(0), head.subarray(0, 20), head, Buffer.alloc(64)];
  for (const [index, content] of contents.entries()) {
    await writeFile(join(directory, `${began + index}.mp4.open`), content);
    await rest(join(directory, `${began + index}.mp4.open`));
  }
  await writeFile(join(directory, `${began}-400.mp4`), head);
  await mkdir(join(dir, 'ses-empty'));
  await spool.pass();
  expect(stored).toEqual([]);
  expect(await readdir(dir)).toEqual([]);
});
