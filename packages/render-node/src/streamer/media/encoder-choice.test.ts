import { AV_LOG_QUIET } from 'node-av/constants';
import { type Frame, Log } from 'node-av/lib';
import { pino } from 'pino';
import { beforeAll, expect, it, vi } from 'vitest';
import { createEncoderChoice, type EncoderCandidate } from './encoder-choice.js';
import { hardwareRecipes } from './hardware-encoders.js';
import { fullSize } from './picture-size.js';
import {
  createVideoEncoder,
  type EncodedPicture,
  type VideoEncoder,
  type VideoEncoderOptions,
} from './video-encoder.js';
import { VideoPipeline } from './video-pipeline.js';

const logger = pino({ level: 'silent' });
const options: VideoEncoderOptions = { width: 64, height: 48, fps: 60, bitrateBps: 1_000_000, threads: 1 };
beforeAll(() => Log.setLevel(AV_LOG_QUIET));

const software: EncoderCandidate = { name: 'software', open: createVideoEncoder };

/** An encoder that is x264 and fails at its n-th picture, as a driver does. */
function failing(name: string, atPicture: number) {
  const opened: VideoEncoderOptions[] = [];
  const open: EncoderCandidate['open'] = async (wanted, shared) => {
    opened.push(wanted);
    if (atPicture === 0) throw new Error(`${name} cannot be opened`);
    const encoder: VideoEncoder = await createVideoEncoder(wanted, shared);
    let pictures = 0;
    return {
      ...encoder,
      encode: async (...picture) => {
        pictures += 1;
        if (pictures >= atPicture) throw new Error(`${name} has gone`);
        return encoder.encode(...picture);
      },
    };
  };
  return { candidate: { name, open }, opened };
}

it('takes the first that opens, and never again one that did not', async () => {
  const none = failing('none', 0);
  const open = createEncoderChoice([none.candidate, software], logger);
  for (let session = 0; session < 3; session++) {
    const encoder = await open(options);
    expect((await encoder.encode(0, true)).keyFrame).toBe(true);
    encoder.close();
  }
  expect(none.opened).toHaveLength(1);
});

it('says why when the last one fails, and tries it again', async () => {
  const open = createEncoderChoice([failing('none', 0).candidate, failing('last', 0).candidate], logger);
  for (let session = 0; session < 2; session++) await expect(open(options)).rejects.toThrow('last cannot be opened');
});

it('goes on in software with a key frame when an encoder fails in the middle of a session', async () => {
  const card = failing('card', 4);
  const sent: EncodedPicture[] = [];
  const open = createEncoderChoice([failing('none', 0).candidate, card.candidate, software], logger);
  const size = { width: 64, height: 48 };
  const pipeline = new VideoPipeline(
    {
      createSource: () => ({
        ...{ size: () => size, start: () => undefined, stop: () => undefined, close: () => undefined },
        ...{ invalidate: () => undefined, invalidateAll: () => undefined, awaitMore: () => undefined },
        grab: async () => ({ captureMs: 1, convertMs: 1 }),
      }),
      createEncoder: (_codec, wanted, shared) => open(wanted, shared),
      clock: () => Math.round(performance.now() * 1_000),
      ...{ logger, shouldHold: () => false },
      onPicture: (pictures) => sent.push(...pictures),
    },
    { ...fullSize, fps: 60, bitrateBps: 1_000_000 },
  );
  pipeline.start();
  await vi.waitFor(
    () => {
      pipeline.refresh();
      expect(sent.length).toBeGreaterThan(6);
    },
    { timeout: 20_000, interval: 20 },
  );
  await pipeline.close();
  expect(card.opened).toHaveLength(1);
  expect(sent.slice(0, 6).map(({ keyFrame }) => keyFrame)).toEqual([true, false, false, true, false, false]);
});

it('leaves out the encoders of graphics cards where they cannot be opened, or makes pictures with them', async () => {
  const cards = hardwareRecipes.map((recipe) => ({
    name: recipe.name,
    open: (wanted: VideoEncoderOptions, shared?: Frame) => createVideoEncoder(wanted, shared, recipe),
  }));
  const encoder = await createEncoderChoice([...cards, software], logger)({ ...options, width: 256, height: 144 });
  expect((await encoder.encode(0, true)).keyFrame).toBe(true);
  encoder.close();
});
