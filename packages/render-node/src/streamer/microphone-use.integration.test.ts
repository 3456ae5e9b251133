import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { microphoneName, soundSinkName } from '../host/sound.js';
import { MicrophoneUse } from './media/microphone-use.js';
import { soundRequests } from './media/sound-wire.js';
import { openSlotSound, type SlotSound } from './peer/testing/slot-sound.js';
import { eventually } from './peer/testing/stage.js';

/** The sound server as slots have it, programs that record, and what is known of them. */

let sound: SlotSound;
let use: MicrophoneUse;
/** At once, and what has lasted. */
let seen: (boolean | null)[];
let told: boolean[];
let programs: ChildProcess[];

beforeEach(async () => {
  sound = await openSlotSound();
  seen = [];
  told = [];
  programs = [];
  use = new MicrophoneUse({
    ...{ pulseServer: sound.address, source: microphoneName, logger: pino({ level: 'silent' }) },
    onUse: (inUse) => void seen.push(inUse),
  });
  use.onChange((inUse) => void told.push(inUse));
  use.start();
  await eventually('the watch', () => seen.at(-1) === false);
});
afterEach(async () => {
  use.close();
  for (const program of programs) program.kill('SIGKILL');
  await sound.close();
});

/** A program that records the default source, or another one. */
function record(...args: readonly string[]): ChildProcess {
  const program = spawn('parec', ['--raw', ...args], {
    env: { ...process.env, PULSE_SERVER: sound.address },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  programs.push(program);
  return program;
}

/** How many streams record. */
const streams = async (): Promise<number> =>
  (await pactl('list', 'short', 'source-outputs')).split('\n').filter((line) => line !== '').length;

async function pactl(...args: readonly string[]): Promise<string> {
  const child = spawn('pactl', args, { env: { ...process.env, PULSE_SERVER: sound.address } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return output;
}

const isUsed = (value: boolean) => eventually(`a microphone in use: ${value}`, () => seen.at(-1) === value);
const isTold = (...values: readonly boolean[]) =>
  eventually(`told: ${values}`, () => JSON.stringify(told) === JSON.stringify(values));

it('knows when the first of several programs begins to record, and when the last one has ended or died', async () => {
  const first = record();
  await isTold(true);
  expect(use.inUse).toBe(true);
  // One that needs no resampler.
  const second = record('--rate=48000', '--channels=1');
  await eventually('two streams', async () => (await streams()) === 2);
  first.kill('SIGTERM');
  await eventually('one stream', async () => (await streams()) === 1);
  second.kill('SIGKILL');
  await isTold(true, false);
  expect(use.inUse).toBe(false);
  // One of two was not the end.
  expect(seen).toEqual([false, true, false]);
});

it('does not count programs that record what is played', async () => {
  record('-d', `${soundSinkName}.monitor`);
  await eventually('the stream', async () => (await streams()) === 1);
  record();
  await isUsed(true);
  expect(seen).toEqual([false, true]);
});

it('does not count a stream that is paused', async () => {
  const socket = connect(sound.paths.soundSocketPath);
  socket.resume();
  const pause = (paused: boolean) => {
    // CORK_RECORD_STREAM of stream 0, as a program's library sends it.
    const payload = Buffer.from([0x4c, 0, 0, 0, 58, 0x4c, 0, 0, 0, 9, 0x4c, 0, 0, 0, 0, paused ? 0x31 : 0x30]);
    const head = Buffer.alloc(20);
    head.writeUInt32BE(payload.length, 0);
    head.writeUInt32BE(0xffffffff, 4);
    socket.write(Buffer.concat([head, payload]));
  };
  try {
    socket.write(Buffer.concat([soundRequests.authenticate(0), soundRequests.setName(1, 'game')]));
    socket.write(soundRequests.record(2, microphoneName, 1_920));
    await isUsed(true);
    pause(true);
    await isUsed(false);
    expect(await streams()).toBe(1);
    pause(false);
    await isUsed(true);
  } finally {
    socket.destroy();
  }
  await isUsed(false);
});

it('knows of programs again when the sound server has died and another one is there', async () => {
  record();
  await isTold(true);
  await sound.kill();
  await isTold(true, false);
  expect(seen.at(-1), 'without a server').toBe(null);
  await sound.restart();
  record();
  await isTold(true, false, true);
});

it('lets the sound server rest', async () => {
  await sound.rests();
  const program = record();
  await isTold(true);
  program.kill('SIGTERM');
  await isTold(true, false);
  await sound.rests();
  // The server says so a second after the last use.
  await eventually('a source at rest', async () =>
    /microphone.*SUSPENDED/.test(await pactl('list', 'short', 'sources')),
  );
});
