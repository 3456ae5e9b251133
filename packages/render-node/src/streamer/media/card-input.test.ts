import { AV_LOG_QUIET, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { beforeAll, expect, it } from 'vitest';
import { makesStreams } from '../encoder-check.js';
import { openNv12Input, openVaapiInput } from './card-input.js';
import { hardwareRecipes } from './hardware-encoders.js';
import { createVideoEncoder, newContext, x264Recipe } from './video-encoder.js';

const options = { width: 128, height: 96, fps: 30, bitrateBps: 1_000_000, threads: 1 };
beforeAll(() => Log.setLevel(AV_LOG_QUIET));

it('hands pictures as NV12 to an encoder that takes them, which x264 is one of', async () => {
  const recipe = { ...x264Recipe, openInput: openNv12Input };
  expect(await makesStreams(recipe)).toBe(true);
  // The same pixels give the same bytes whichever way they came.
  const streams: string[] = [];
  for (const each of [recipe, x264Recipe]) {
    const encoder = await createVideoEncoder(options, undefined, each);
    for (const [plane, value] of [40, 90, 200].entries()) encoder.frame.data?.[plane]?.fill(value);
    streams.push((await encoder.encode(0, true)).data.toString('hex'));
    encoder.close();
  }
  expect(streams[0]).toBe(streams[1]);
});

it.each([
  ['no device', []],
  ['a path that is not there', ['/dev/dri/renderD255']],
  ['devices that are no card', ['/dev/null', '/dev/zero']],
])('%s is a named error', (_what, paths) => {
  const { context } = newContext(FF_ENCODER_LIBX264, options);
  expect(() => openVaapiInput(options, context, paths)).toThrow(expect.objectContaining({ code: 'encoder-failed' }));
  context.freeContext();
});

it.each(hardwareRecipes.map((recipe) => [recipe.name, recipe] as const))(
  '%s answers whether it works on this machine, and does not reject',
  async (_name, recipe) => {
    expect(typeof (await makesStreams(recipe))).toBe('boolean');
  },
);
