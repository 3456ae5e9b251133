import { expect, it } from 'vitest';
import { parseBenchOptions } from './cases.js';

const namesOf = (args: readonly string[]) =>
  parseBenchOptions(args).runs.map(({ settings, content, viewers }) => `${settings.name} ${content} ${viewers}`);

it('measures the usual cases for ten seconds and sixty clicks unless told otherwise', () => {
  const options = parseBenchOptions([]);
  expect(options).toMatchObject({ seconds: 10, clicks: 60, json: false, table: false, transport: 'webrtc' });
  expect(namesOf([])).toEqual(['720p30 game 0', '720p60 game 0', '1080p60 game 0']);
  expect(parseBenchOptions(['--case', '720p60', '--json', '--content', 'noise'])).toMatchObject({
    runs: [{ settings: { width: 1280, height: 720, fps: 60 }, content: 'noise', viewers: 0 }],
    json: true,
  });
});

it('measures all contents of all cases in the matrix, and the idle screen once', () => {
  const runs = namesOf(['--matrix']);
  expect(runs).toHaveLength(21);
  expect(new Set(runs).size).toBe(21);
  expect(runs.filter((name) => name.includes('idle'))).toEqual(['720p60 idle 0']);
});

it('measures without viewers first, so that their cost is a difference', () => {
  expect(namesOf(['--case', '720p60', '--viewers', '4,1,16'])).toEqual([
    ...['720p60 game 0', '720p60 game 1', '720p60 game 4', '720p60 game 16'],
  ]);
});

it.each([
  [['--case', '4k']],
  [['--content', 'film']],
  [['--transport', 'pigeon']],
  [['--seconds', 'ten']],
  [['--clicks', '0']],
  [['--viewers', '17']],
  [['--viewers', '1.5']],
])('refuses %j', (args) => {
  expect(() => parseBenchOptions(args)).toThrow(expect.objectContaining({ code: 'arguments-invalid' }));
});
