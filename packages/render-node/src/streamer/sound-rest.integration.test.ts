import { spawn } from 'node:child_process';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { soundSinkName } from '../host/sound.js';
import { createAudioEncoder } from './media/audio-encoder.js';
import { AudioPipeline, type EncodedSound, type PcmSound } from './media/audio-pipeline.js';
import { createWallClock } from './media/clock.js';
import { openSlotSound, type SlotSound } from './peer/testing/slot-sound.js';
import { eventually } from './peer/testing/stage.js';

/** The sound server as slots have it, and the pipeline of a streamer at it. */

let sound: SlotSound;
let pipeline: AudioPipeline;
let pcm: PcmSound[];
let sent: EncodedSound[];
const clock = createWallClock();

beforeEach(async () => {
  sound = await openSlotSound();
  pcm = [];
  sent = [];
  const deps = { createEncoder: createAudioEncoder, clock, logger: pino({ level: 'silent' }) };
  pipeline = new AudioPipeline(
    { ...deps, onSound: (sound) => void sent.push(sound), onPcm: (sound) => void pcm.push(sound) },
    { pulseServer: sound.address, pulseSource: `${soundSinkName}.monitor` },
  );
  await pipeline.prepare();
});
afterEach(async () => {
  pipeline.close();
  await sound.close();
});

/** Samples that tell their number, 1 to 30,000: half a second and more. */
const rampSamples = 30_000;

/** A program that plays the ramp and ends. */
async function playRamp(): Promise<void> {
  const ramp = Buffer.alloc(rampSamples * 4);
  for (let index = 0; index < rampSamples; index++) {
    ramp.writeInt16LE(index + 1, index * 4);
    ramp.writeInt16LE(-index - 1, index * 4 + 2);
  }
  const player = spawn('pacat', ['--raw', '--format=s16le', '--rate=48000', '--channels=2', '--latency-msec=200'], {
    env: { ...process.env, PULSE_SERVER: sound.address },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => player.once('exit', () => resolve()));
  player.stdin.end(ramp);
  await ended;
}

/** Left samples that were recorded, without silence, from a piece on. */
const heard = (from = 0) =>
  pcm
    .slice(from)
    .flatMap(({ samples }) => [...samples.filter((_, index) => index % 2 === 0)])
    .filter((sample) => sample !== 0);

/** Plays until the end of a ramp is heard: nobody says when the recorder has come to the server. */
const playUntilHeard = (what: string) =>
  eventually(what, async () => {
    await playRamp();
    return heard().includes(rampSamples);
  });

it('rests while nothing plays, and loses nothing of the sound that ends the rest', async () => {
  pipeline.start({ withoutGaps: false });
  await sound.rests();
  const before = pcm.length;
  await playRamp();
  await eventually('the end of the ramp', () => heard().at(-1) === rampSamples);
  expect(heard()[0], 'the first sample').toBe(1);
  expect(sent[0]?.talkSpurtStart).toBe(true);
  await sound.rests();
  // Sound, and a second until the rest; recorded silence would go on.
  const after = pcm.length;
  expect(after - before).toBeGreaterThanOrEqual(rampSamples / 480);
  await sound.rests();
  expect(pcm.length).toBe(after);
}, 60_000);

/** Whether sound has no gap and is not late. */
function isWhole(sounds: readonly PcmSound[]): boolean {
  const times = sounds.map(({ timeUs }) => timeUs);
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const spanUs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  // One piece every 10 ms.
  const isEven = steps.filter((step) => step !== 10_000).length < steps.length / 50;
  const isComplete = Math.abs(spanUs - steps.length * 10_000) < spanUs / 50;
  return isEven && isComplete && clock() - (times.at(-1) ?? 0) < 200_000;
}

it('fills rests with silence, in time, for what must have no gaps', async () => {
  pipeline.start({ withoutGaps: true });
  await eventually('the first silence', () => pcm.length > 0);
  await sound.rests();
  // A machine that is far too busy loses sound, and is late, now and then; a gap of the pipeline's own is there each time.
  await eventually('a sound between two rests without a gap', async () => {
    const from = pcm.length;
    await playRamp();
    await eventually('the end of the ramp', () => heard(from).includes(rampSamples));
    await sound.rests();
    const resting = pcm.length;
    await eventually('silence in the rest', () => pcm.length > resting + 100);
    return isWhole(pcm.slice(from));
  });
}, 120_000);

it('records again when the sound server has died and another one is there', async () => {
  pipeline.start({ withoutGaps: true });
  await playUntilHeard('the ramp');
  await sound.kill();
  const dead = pcm.length;
  await eventually('silence without a server', () => pcm.length > dead + 10);
  await sound.restart();
  pcm.length = 0;
  await playUntilHeard('sound of the new server');
}, 60_000);
