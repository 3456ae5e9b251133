import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AV_LOG_ERROR } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createVideoEncoder, type EncodedPicture, type VideoEncoder } from '../media/video-encoder.js';
import { type AacEncoder, createAacEncoder } from './aac-encoder.js';
import { openMediaOutput } from './media-output.js';
import { pull } from './testing/pull.js';

/** A connection in the middle of a push, whose times have gone on from the one before. */
const beginUs = 17_200_000;
const secondOfSound = Buffer.alloc(48_000 * 4);

let dir: string;
let file: string;
let video: VideoEncoder;
let sound: AacEncoder;

beforeAll(() => Log.setLevel(AV_LOG_ERROR));
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flv-'));
  file = join(dir, 'push.flv');
  video = await createVideoEncoder({ width: 64, height: 48, fps: 30, bitrateBps: 1_000_000, threads: 1 });
  sound = await createAacEncoder();
});
afterEach(async () => {
  video.close();
  sound.close();
  await rm(dir, { recursive: true, force: true });
});

const at = (picture: EncodedPicture) => ({ type: 'video' as const, timeUs: picture.captureTimeUs, ...picture });

describe('an FLV stream', () => {
  it('begins with its first picture: sound that is older is left out, whenever it comes', async () => {
    const output = await openMediaOutput({ format: 'flv', url: file }, sound.context);
    const packets = sound.encode(secondOfSound, beginUs - 500_000);
    for (const packet of packets.slice(0, 5)) await output.writeSound(packet);
    await output.writeVideo(at(await video.encode(beginUs, true)));
    for (const packet of packets.slice(5)) await output.writeSound(packet);
    await output.writeVideo(at(await video.encode(beginUs + 33_000, false)));
    await output.close();

    const expected = packets.map(({ timeSamples }) => timeSamples / 48).filter((timeMs) => timeMs >= beginUs / 1_000);
    const played = await pull(file, ({ soundTimesMs, pictures }) => {
      return soundTimesMs.length === expected.length && pictures.length === 2;
    });
    expect(played.pictures.map(({ timeMs }) => timeMs)).toEqual([17_200, 17_233]);
    expect(played.soundTimesMs).toEqual(expected.map(Math.round));
    expect(expected.length).toBeGreaterThan(10);
    expect(packets.length - expected.length).toBeGreaterThan(10);
  });
});

describe('a fragmented file', () => {
  /** Five seconds of a picture a tenth of a second, and of sound. */
  async function record(): Promise<void> {
    const output = await openMediaOutput({ format: 'mp4', url: file }, sound.context);
    for (let index = 0; index < 50; index++) {
      await output.writeVideo(at(await video.encode(index * 100_000, index === 0)));
      for (const packet of sound.encode(secondOfSound.subarray(0, 19_200), index * 100_000)) {
        await output.writeSound(packet);
      }
    }
    await output.close();
  }

  it('can be played from its beginning to its end', async () => {
    await record();
    const played = await pull(file, ({ soundTimesMs, pictures }) => {
      return pictures.length === 50 && (soundTimesMs.at(-1) ?? 0) > 4_900;
    });
    expect(played.pictures.map(({ timeMs }) => timeMs)).toEqual(Array.from({ length: 50 }, (_, index) => index * 100));
    expect(played.pictures[0]).toMatchObject({ keyFrame: true, width: 64, height: 48 });
    expect(played.sound).toEqual({ codec: 'aac', sampleRate: 48_000, channels: 2 });
  });

  it('keeps the times of pictures that come seldom, beside sound that goes on', async () => {
    const output = await openMediaOutput({ format: 'mp4', url: file }, sound.context);
    const timesMs = [0, 100, 2_650, 2_770, 7_310, 8_000];
    for (let index = 0; index < 90; index++) {
      if (timesMs.includes(index * 100)) await output.writeVideo(at(await video.encode(index * 100_000, index === 0)));
      for (const packet of sound.encode(secondOfSound.subarray(0, 19_200), index * 100_000)) {
        await output.writeSound(packet);
      }
      for (const timeMs of timesMs.filter((time) => time % 100 > 0 && Math.floor(time / 100) === index))
        await output.writeVideo(at(await video.encode(timeMs * 1_000, false)));
    }
    await output.close();
    const played = await pull(file, ({ pictures, soundTimesMs }) => {
      return pictures.length === timesMs.length && (soundTimesMs.at(-1) ?? 0) > 8_900;
    });
    expect(played.pictures.map(({ timeMs }) => timeMs)).toEqual(timesMs);
    const steps = played.soundTimesMs.slice(1).map((time, index) => time - (played.soundTimesMs[index] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(22);
  });

  it('loses at most its last fragment when its writer is killed', async () => {
    await record();
    const whole = await readFile(file);
    const fragments: number[] = [];
    for (let at = whole.indexOf('moof'); at >= 0; at = whole.indexOf('moof', at + 4)) fragments.push(at - 4);
    expect(fragments.length).toBeGreaterThanOrEqual(5);
    // As the disk has it at any moment: the fragment that was being written is cut in its head, or in its content.
    for (const [count, start] of fragments.entries()) {
      const end = fragments[count + 1] ?? whole.length;
      for (const cut of [start + 20, end - 1]) {
        await writeFile(file, whole.subarray(0, cut));
        const wanted = Math.max(0, count * 10 - 1);
        if (wanted === 0) continue;
        const played = await pull(file, ({ pictures }) => pictures.length >= wanted);
        expect(played.pictures.length).toBeGreaterThanOrEqual(wanted);
      }
    }
  });
});
