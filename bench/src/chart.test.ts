import { expect, it } from 'vitest';
import { drawChart, niceCeil } from './chart.js';

it('rounds the end of an axis up', () => {
  expect([0, 0.3, 1, 1.2, 4, 7, 18].map(niceCeil)).toEqual([1, 0.5, 1, 2, 5, 10, 20]);
});

it('draws lines with gaps inside the frame, and escapes what is written', () => {
  const svg = drawChart({
    title: 'a < b & "c"',
    xLabel: 's',
    diagrams: [
      {
        title: 'one',
        yLabel: 'y',
        yMax: 10,
        series: [
          {
            name: 'n',
            colour: '#f00',
            points: [
              [0, 0],
              [1, 5],
              [2, null],
              [3, 100],
            ],
          },
        ],
      },
      { title: 'two', yLabel: 'y', series: [] },
    ],
  });
  expect(svg).toContain('a &#60; b &#38; &#34;c&#34;');
  const [path = ''] = [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, data]) => data);
  // The point beyond the axis lies on its upper edge, behind a gap.
  expect(path.match(/M/g)).toHaveLength(2);
  const numbers = [...path.matchAll(/[\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
  expect(numbers).toEqual([244, 149, 54]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});
