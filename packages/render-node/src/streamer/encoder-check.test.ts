import { AV_LOG_QUIET, FF_ENCODER_LIBX265 } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { beforeAll, expect, it } from 'vitest';
import { makesStreams } from './encoder-check.js';
import { x264Recipe } from './media/video-encoder.js';

beforeAll(() => Log.setLevel(AV_LOG_QUIET));

const params = (more: string) => ({
  ...x264Recipe.settings,
  'x264-params': `${x264Recipe.settings['x264-params']}:${more}`,
});

it.each([
  ['the software encoder', x264Recipe, true],
  ['settings that cannot be opened', { ...x264Recipe, settings: { ...x264Recipe.settings, profile: 'none' } }, false],
  ['another codec', { ...x264Recipe, name: FF_ENCODER_LIBX265, settings: {} }, false],
  ['key frames that nobody asked for', { ...x264Recipe, settings: params('keyint=1') }, false],
  [
    'key frames without parameter sets',
    { ...x264Recipe, settings: { ...params('repeat-headers=0'), flags: '+global_header' } },
    false,
  ],
  ['pictures that come later', { ...x264Recipe, settings: { preset: 'ultrafast', 'rc-lookahead': '10' } }, false],
])('%s', async (_what, recipe, expected) => {
  expect(await makesStreams(recipe)).toBe(expected);
});
