import { expect, it } from 'vitest';
import { screenState } from './km.js';

it.each([
  [12.4, '12'],
  [-3, '0'],
  [250, '100'],
])('state with %d %% of CPU', (cpuPercent, text) => {
  expect(screenState({ width: 1_280, height: 720, left: 0, top: 0 }, false, cpuPercent)).toEqual({
    screen_width: 1_280,
    screen_height: 720,
    screen_left: 0,
    screen_top: 0,
    cursor_showing: false,
    cpu_usage: text,
    gpu_usage: '0',
  });
});
