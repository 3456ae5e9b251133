import { AV_CODEC_ID_AAC, AV_SAMPLE_FMT_FLTP } from 'node-av/constants';
import { Codec } from 'node-av/lib';
import { expect, it } from 'vitest';
import { createAudioEncoder } from './audio-encoder.js';
import { openSoundEncoder } from './sound-encoder.js';

const aac = { name: 'aac', sampleFormat: AV_SAMPLE_FMT_FLTP, frameSamples: 1_024, bitrateBps: 64_000n } as const;

it('Opus: every 10 ms give a packet of their own', async () => {
  const encoder = await createAudioEncoder();
  try {
    const tone = Int16Array.from({ length: 960 }, (_, index) => Math.round(8_000 * Math.sin((index >> 1) / 8)));
    const packets = Array.from({ length: 20 }, () => encoder.encode(tone));
    // 128 kbit/s are 160 bytes in 10 ms.
    expect(packets.every((packet) => packet.length > 20 && packet.length < 500)).toBe(true);
    expect(packets[10]).not.toEqual(packets[0]);
  } finally {
    encoder.close();
    encoder.close();
  }
});

it('an encoder that keeps the first frame to itself tells the times of those it gives', async () => {
  const encoder = await openSoundEncoder({ ...aac, codec: Codec.findEncoder(AV_CODEC_ID_AAC) });
  try {
    const planes: number[] = [];
    const packets = [0, 1_024, 2_048].map((time) =>
      encoder.encode(time, (given) => {
        planes.push(given.length);
        for (const plane of given) plane.fill(0);
      }),
    );
    expect(planes).toEqual([2, 2, 2]);
    expect(packets[0]).toBeNull();
    expect(packets[1]?.timeSamples).toBe((packets[2]?.timeSamples ?? 0) - 1_024);
  } finally {
    encoder.close();
  }
});

it('says which encoder this build does not have', async () => {
  await expect(openSoundEncoder({ ...aac, codec: null })).rejects.toMatchObject({
    code: 'encoder-failed',
    message: expect.stringContaining('aac'),
  });
});
