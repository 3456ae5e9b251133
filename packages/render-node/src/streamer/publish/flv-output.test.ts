import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AV_LOG_ERROR } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createVideoEncoder, type EncodedPicture, type VideoEncoder } from '../media/video-encoder.js';
import { type AacEncoder, createAacEncoder } from './aac-encoder.js';
import { openFlvOutput } from './flv-output.js';
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
    const output = await openFlvOutput(file, sound.context);
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
