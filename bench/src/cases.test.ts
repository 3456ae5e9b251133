import { expect, it } from 'vitest';
import { parseBenchOptions } from './cases.js';

it('measures every case for ten seconds and sixty clicks unless told otherwise', () => {
  const options = parseBenchOptions([]);
  expect(options.cases.map(({ name }) => name)).toEqual(['720p30', '720p60', '1080p60']);
  expect(options).toMatchObject({ content: 'game', seconds: 10, clicks: 60, json: false });
  expect(parseBenchOptions(['--case', '720p60', '--json', '--content', 'noise'])).toMatchObject({
    cases: [{ width: 1280, height: 720, fps: 60 }],
    content: 'noise',
    json: true,
  });
});

it.each([[['--case', '4k']], [['--content', 'film']], [['--seconds', 'ten']], [['--clicks', '0']]])(
  'refuses %j',
  (args) => {
    expect(() => parseBenchOptions(args)).toThrow(expect.objectContaining({ code: 'arguments-invalid' }));
  },
);
