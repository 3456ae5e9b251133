import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAudioEncoder } from './audio-encoder.js';
import { createSpeechMix } from './speech-mix.js';
import { createVoiceDecoder } from './voice-decoder.js';
import { createVoiceMixer } from './voice-mixer.js';
import { createVoiceOrder } from './voice-order.js';

const packet = (number: number) => Buffer.from([number & 0xff]);

describe('packets of a voice', () => {
  const feed = (numbers: readonly number[]) => {
    const order = createVoiceOrder();
    return numbers.flatMap((number) => order(number & 0xffff, packet(number)).map((due) => due?.[0] ?? null));
  };

  it.each([
    ['in order', [1, 2, 3], [1, 2, 3]],
    ['twice', [1, 1, 2, 1], [1, 2]],
    ['exchanged', [1, 3, 2, 4], [1, 2, 3, 4]],
    ['with one lost', [1, 3, 4, 5], [1, null, 3, 4, 5]],
    ['with two lost, and one that comes too late', [1, 4, 5, 6, 2, 7], [1, null, null, 4, 5, 6, 7]],
    ['over the end of the numbers', [65_534, 65_535, 65_536, 65_537], [254, 255, 0, 1]],
    ['of a sender that starts again', [100, 101, 9_000, 9_001], [100, 101, 40, 41]],
  ])('%s', (_what, numbers, due) => expect(feed(numbers)).toEqual(due));

  it('are never given in another order, nor twice, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 200 }), (numbers) => {
        const due = feed([0, ...numbers.map((number) => number + 1)]).filter((value) => value !== null);
        expect(due).toEqual([...new Set(due)].sort((a, b) => (a ?? 0) - (b ?? 0)));
      }),
    );
  });
});

describe('the mixer', () => {
  const constant = (value: number, count = 960) => new Int16Array(count).fill(value);

  it('waits for a little of a voice, and is silent without any', () => {
    const mixer = createVoiceMixer();
    expect(mixer.pull(480)).toBeNull();
    mixer.push('a', constant(100, 480));
    expect(mixer.pull(480)).toBeNull();
    mixer.push('a', constant(100, 480));
    expect(mixer.pull(480)).toEqual(constant(100, 480));
    expect(mixer.pull(480)).toEqual(constant(100, 480));
    expect(mixer.pull(480)).toBeNull();
  });

  it('adds voices, and cuts what is too loud', () => {
    const mixer = createVoiceMixer();
    mixer.push('a', constant(30_000));
    mixer.push('b', constant(-50));
    expect(mixer.pull(480)?.[0]).toBe(29_950);
    mixer.push('c', constant(30_000));
    expect(mixer.pull(480)?.[0]).toBe(32_767);
    mixer.remove('a');
    mixer.remove('b');
    expect(mixer.pull(480)?.[0]).toBe(30_000);
  });

  it('never holds more than a tenth of a second of a voice, however fast its clock is', () => {
    const mixer = createVoiceMixer();
    for (let piece = 0; piece < 1_000; piece++) {
      mixer.push('fast', constant(piece % 1_000));
      if (piece % 10 !== 9) mixer.pull(960);
    }
    let left = 0;
    while (mixer.pull(480)) left += 480;
    expect(left).toBeLessThanOrEqual(4_800);
  });

  it('waits longer with a voice that comes in bursts, and holds no more than twice as much', () => {
    const mixer = createVoiceMixer();
    mixer.push('a', constant(1, 1_920), true);
    expect(mixer.pull(480)).toBeNull();
    mixer.push('a', constant(1, 960), true);
    // Nothing comes for 40 ms, and then all of it.
    for (let piece = 0; piece < 4; piece++) expect(mixer.pull(480)).toEqual(constant(1, 480));
    mixer.push('a', constant(1, 1_920), true);
    for (let piece = 0; piece < 6; piece++) expect(mixer.pull(480)).toEqual(constant(1, 480));
    expect(mixer.pull(480)).toBeNull();
    mixer.push('a', constant(1, 9_600), true);
    mixer.push('a', constant(2, 480), true);
    let left = 0;
    while (mixer.pull(480)) left += 480;
    expect(left).toBe(2_880);
  });
});

it('an Opus packet is decoded to one channel, and garbage is refused', async () => {
  const encoder = await createAudioEncoder();
  const decoder = createVoiceDecoder();
  try {
    let loudest = 0;
    for (let frame = 0; frame < 20; frame++) {
      const tone = Int16Array.from({ length: 960 }, (_, index) => {
        const sample = frame * 480 + Math.floor(index / 2);
        return Math.round(12_000 * Math.sin((2 * Math.PI * 440 * sample) / 48_000));
      });
      const samples = decoder.decode(encoder.encode(tone));
      expect(samples.length).toBe(480);
      loudest = Math.max(loudest, ...samples);
    }
    expect(loudest).toBeGreaterThan(10_000);
    expect(loudest).toBeLessThan(14_000);
    expect(() => decoder.decode(Buffer.from([3, 255, 255, 255]))).toThrow(/opus/);
    expect(decoder.decode(encoder.encode(new Int16Array(960))).length).toBe(480);
  } finally {
    encoder.close();
    decoder.close();
  }
});

it('voices are added to both channels of the program, and what waits is bounded', () => {
  const mix = createSpeechMix();
  const program = Int16Array.from([1, 2, 3, 32_767]);
  expect(mix.mix(program)).toBe(program);
  mix.onSpeech(Int16Array.from([10, 20]));
  expect(mix.mix(program)).toEqual(Int16Array.from([11, 12, 23, 32_767]));
  expect(mix.mix(program)).toBe(program);
  for (let piece = 0; piece < 100; piece++) mix.onSpeech(Int16Array.from([piece, piece]));
  let waiting = 0;
  while (mix.mix(program) !== program) waiting += 1;
  expect(waiting).toBe(10);
});
